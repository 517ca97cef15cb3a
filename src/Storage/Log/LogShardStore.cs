using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Storage.Log;

/// <summary>One shard in a folder of its own: a snapshot and logs. See <see cref="ShardFolder"/> for the files.</summary>
internal sealed class LogShardStore : IShardStore
{
    private readonly SemaphoreSlim _compacting = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ShardFolder _folder;
    private readonly ShardFiles _files;
    private readonly FaceLocations _locations;
    private readonly ShardLog _log;
    private readonly LogShardOptions _options;
    private int _compactingItself;

    public LogShardStore(ShardName shard, ShardFolder folder, ShardRecovery recovered, CommitThreads threads, LogShardOptions options)
    {
        (_folder, _files, _locations, _options) = (folder, recovered.Files, recovered.Locations, options);
        _log = new ShardLog(shard, folder, recovered, threads, options, CompactWhenDue);
        Shard = shard;
        Dimension = _files.Current.Header.Dimension;
        Epoch = _files.Current.Header.Epoch;
    }

    public ShardName Shard { get; }

    public int Dimension { get; }

    public long Epoch { get; }

    /// <inheritdoc cref="ShardLog.Suspect"/>
    public (string Path, long Length)? Suspect => _log.Suspect;

    public ValueTask<long> AppendAsync(ItemBlock block) => _log.Write(PendingRecord.Append(block, Dimension));

    public ValueTask<long> ApplyLinksAsync(LinkUpdate update) => _log.Write(PendingRecord.Links(update));

    public ValueTask<long> DeleteAsync(Deletion deletion) => _log.Write(PendingRecord.Delete(deletion));

    public async ValueTask ReadEmbeddingsAsync(
        ReadOnlyMemory<FaceId> faces, Memory<float> destination, Memory<bool> found, CancellationToken cancellationToken = default)
    {
        ReadArguments.Check(faces.Length, destination.Length, found.Length, Dimension);
        ThrowIfStopped();
        await Task.Run(() => Read(faces.Span, destination.Span, found.Span, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> ReplayAsync(IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ThrowIfStopped();
        var files = _files.Acquire(closedOnly: false);
        try
        {
            return await LongWork.RunAsync(() => ShardReading.Deliver(files, replay, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            files.ForEach(file => file.File.Release());
        }
    }

    public async Task CompactAsync(CancellationToken cancellationToken = default)
    {
        _log.ThrowIfRefused();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await WaitForTurnAsync(linked.Token, cancellationToken).ConfigureAwait(false);
        try
        {
            var links = _log.LinkBytes;
            var lsn = await _log.RotateAsync().ConfigureAwait(false);
            var compaction = new ShardCompaction(Shard, _folder, _files, _locations, _options.Durability);
            await LongWork.RunAsync(() =>
            {
                compaction.Run(lsn, linked.Token);
                return true;
            }).ConfigureAwait(false);
            _log.LinksTakenUp(links);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ShardCompactionException(Shard, error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            ThrowIfStopped();
            throw;
        }
        finally
        {
            _compacting.Release();
        }
    }

    public ValueTask ConfirmAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        return ValueTask.CompletedTask;
    }

    public ShardStatistics GetStatistics()
    {
        var (live, dead) = _locations.Count();
        var (snapshot, logs) = _files.Bytes();
        return new ShardStatistics(live, dead, snapshot, logs, _files.SnapshotLsn, _log.DurableLsn);
    }

    public ValueTask DisposeAsync() => StopAsync(() => new ObjectDisposedException(nameof(IShardStore)), drain: true);

    /// <summary>Ends this handle because another takes the shard. When the task completes, its files are closed.</summary>
    public ValueTask FenceAsync() => StopAsync(() => new ShardFencedException(Shard, Epoch), drain: false);

    private async Task WaitForTurnAsync(CancellationToken linked, CancellationToken caller)
    {
        try
        {
            await _compacting.WaitAsync(linked).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            ThrowIfStopped();
            throw;
        }
    }

    private void ThrowIfStopped()
    {
        if (_stopping.IsCancellationRequested)
        {
            _log.ThrowIfRefused();
        }
    }

    private void CompactWhenDue()
    {
        var (snapshot, logs) = _files.Bytes();
        if (_options.CompactLinkBytes > 0
            && _log.LinkBytes >= Math.Max(_options.CompactLinkBytes, (snapshot + logs) / 3)
            && Interlocked.Exchange(ref _compactingItself, 1) == 0)
        {
            _ = CompactItselfAsync();
        }
    }

    private async Task CompactItselfAsync()
    {
        // Off the commit thread, which has acknowledgements to give.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await CompactAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // Fenced, failed or out of space: nothing was lost. Tried again when as much more was written.
            _log.LinksTakenUp(_log.LinkBytes);
        }
        catch (ObjectDisposedException)
        {
        }
        finally
        {
            Volatile.Write(ref _compactingItself, 0);
        }
    }

    private async ValueTask StopAsync(Func<Exception> refusal, bool drain)
    {
        await _log.StopAsync(refusal, drain).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _compacting.WaitAsync().ConfigureAwait(false);
        _compacting.Release();
        _files.Dispose();
        _locations.Close();
    }

    private void Read(ReadOnlySpan<FaceId> faces, Span<float> destination, Span<bool> found, CancellationToken cancellationToken)
    {
        var locations = _locations.Acquire(faces);
        try
        {
            for (var i = 0; i < locations.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                found[i] = locations[i] is not null;
                if (locations[i] is { } location)
                {
                    var row = MemoryMarshal.AsBytes(destination.Slice(i * Dimension, Dimension));
                    if (RandomAccess.Read(location.File.Handle, row, location.Offset) != row.Length)
                    {
                        throw new ShardCorruptException(location.File.Path, location.Offset, "The file ends before the embedding does.");
                    }
                }
            }
        }
        finally
        {
            foreach (var location in locations)
            {
                location?.File.Release();
            }
        }
    }
}
