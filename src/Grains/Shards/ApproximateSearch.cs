using FaceCluster.Index;
using FaceCluster.Index.Faiss;
using FaceCluster.Storage;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// A shard's approximate index: answers searches, and follows the shard's rows in the background, one index of the silo
/// at a time. Where the native library fails, searches are exact again.
/// </summary>
/// <remarks>Lives on the shard's turn; searching and building leave it. Linking never comes here.</remarks>
internal sealed partial class ApproximateSearch
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(5);

    private readonly ExactIndex _rows;
    private readonly ApproximateIndex _index;
    private readonly ComputePool _pool;
    private readonly ScanScheduling _scheduling;
    private readonly string _shard;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private Task _work = Task.CompletedTask;
    private long _failed;
    private bool _hasFailed;

    private ApproximateSearch(
        ExactIndex rows, ApproximateIndex index, ComputePool pool, ScanScheduling scheduling, string shard, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        _rows = rows;
        _index = index;
        _pool = pool;
        _scheduling = scheduling;
        _shard = shard;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>About what the native index takes.</summary>
    public long MemoryBytes => _index.MemoryBytes;

    /// <summary>
    /// The index of a shard whose collection asks for one; null where it does not, and, said in the log, where this silo
    /// cannot have one: the shard then answers exactly.
    /// </summary>
    public static ApproximateSearch? Create(
        ShardName name, ExactIndex rows, ApproximateSearchSettings? settings, ComputePool pool, ShardOptions options, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        if (settings is null)
        {
            return null;
        }

        var shard = $"{name.Collection}/{name.Number}";
        var scheduling = ScanScheduling.On(pool.Scheduler, pool.Threads);
        try
        {
            FaissLibrary.LimitThreads(pool.Threads);
            var sampler = new RecallSampler(name.Collection, Math.Max(1, options.RecallEvery), scheduling);
            var index = new ApproximateIndex(rows, ApproximateRules.Options(settings), sampler, time);
            return new ApproximateSearch(rows, index, pool, scheduling, shard, time, logger, stopping);
        }
        catch (FaissException error)
        {
            LogUnavailable(logger, shard, error.Message);
            return null;
        }
    }

    /// <summary>The best of all rows visible now, and whether a better one may be missing.</summary>
    public async Task<SearchAnswer> Top(IReadOnlyList<ReadOnlyMemory<float>> queries, int limit)
    {
        Wake();
        try
        {
            return await _index.TopAsync(queries, limit, null, _scheduling);
        }
        catch (FaissException error)
        {
            LogSearchFailed(_logger, _shard, error);
            return new SearchAnswer(await ExactSearch.TopAsync(_rows.Snapshot(), queries, limit, null, _scheduling), IsApproximate: false);
        }
    }

    /// <summary>Has the index follow the rows if it is behind and nothing does so already.</summary>
    public void Wake()
    {
        var pausing = _hasFailed && _time.GetElapsedTime(_failed) < PauseAfterFailure;
        if (_work.IsCompleted && !_stopping.IsCancellationRequested && !pausing && _index.IsBehind)
        {
            _work = FollowAsync();
        }
    }

    /// <summary>Frees the index when what is under way has ended; the shard's token stops that.</summary>
    public void Close() => _ = _work.ContinueWith(
        static (_, index) => ((ApproximateIndex)index!).Dispose(), _index, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private async Task FollowAsync()
    {
        try
        {
            while (_index.IsBehind && !_stopping.IsCancellationRequested)
            {
                await _pool.RunLong(() => _index.CatchUp(_stopping), _stopping);
            }

            _hasFailed = false;
        }
        catch (OperationCanceledException)
        {
            // The shard closes.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            (_hasFailed, _failed) = (true, _time.GetTimestamp());
            LogBuildFailed(_logger, _shard, error);
        }
    }

    [LoggerMessage(1011, LogLevel.Warning, "Shard {Shard} answers exactly: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string shard, string reason);

    [LoggerMessage(1012, LogLevel.Warning, "Shard {Shard}: the approximate index failed; the search was answered exactly.")]
    private static partial void LogSearchFailed(ILogger logger, string shard, Exception error);

    [LoggerMessage(1013, LogLevel.Warning, "Shard {Shard}: building the approximate index failed; what it does not hold is searched exactly.")]
    private static partial void LogBuildFailed(ILogger logger, string shard, Exception error);
}
