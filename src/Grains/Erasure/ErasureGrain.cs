using System.Security.Cryptography;
using System.Text;
using FaceCluster.Core;
using FaceCluster.Storage.Metadata;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace FaceCluster.Grains.Erasure;

/// <summary>
/// Runs the erasures of a collection in the background, one at a time. What is done is written down step by step, and every
/// step may be repeated, so a restart goes on with the step that was interrupted.
/// </summary>
/// <remarks>
/// The order matters: first faces and identity leave memory and every list, so that nothing can write them again; then the
/// stores of all shards are rewritten (another shard's log holds lists that name the faces); the metadata comes last, with
/// the erasure's own notes of which faces it was about.
/// </remarks>
[KeepAlive]
[Reentrant]
[GrainType("fc.erasure")]
internal sealed partial class ErasureGrain(
    IMetadataStore metadata,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<ErasureGrain> logger) : Grain, IErasureGrain, IDisposable
{
    private const int FacesPerCall = 1000;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private string _collection = string.Empty;
    private ErasureJournal? _journal;
    private Task _work = Task.CompletedTask;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ErasureJournal Journal => _journal!;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _collection = this.GetPrimaryKeyString();
        var journal = new ErasureJournal(metadata.Values, _collection);
        await journal.LoadAsync(cancellationToken);
        _journal = journal;
        Work();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        Progress();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <inheritdoc/>
    public async ValueTask<ErasureInfo> Start(string id, IReadOnlyList<FaceId> faces, string? identity)
    {
        await _starting.WaitAsync();
        try
        {
            if (Journal.Find(id) is { } known)
            {
                return known;
            }

            var info = await Collection();
            if (identity is not null)
            {
                faces = (await Gallery.Get(identity))?.Faces
                    ?? throw new DomainException(DomainStatus.NotFound, "IDENTITY_NOT_FOUND", $"There is no identity '{identity}'.", "name");
            }

            FaceId[] ids = [.. faces.Distinct().Order()];
            if (ids.Length > IErasureGrain.MaxFaces)
            {
                throw new DomainException(
                    DomainStatus.InvalidArgument, "INVALID_FIELD", $"One erasure takes at most {IErasureGrain.MaxFaces} faces; there are {ids.Length}.", "faces");
            }

            var erasure = new ErasureInfo
            {
                Id = id,
                Identity = identity,
                Identities = identity is null ? 0 : 1,
                RequestedFaces = ids.Length,
                FoundFaces = await Count(ids),
                FacesSha256 = Convert.ToHexStringLower(SHA256.HashData(ErasureJournal.Bytes(ids))),
                Chunks = (ids.Length + ErasureJournal.ChunkFaces - 1) / ErasureJournal.ChunkFaces,
                Shards = info.Map.Shards.Count,
                RewrittenShards = [],
                CreatedMicros = NowMicros(),
            };
            await Journal.AddAsync(erasure, ids);
            LogStarted(logger, _collection, id, ids.Length);
            Work();
            return erasure;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<ErasureInfo?> Get(string id) => new(Journal.Find(id));

    /// <inheritdoc/>
    public async ValueTask<ErasureInfo?> Wait(string id, TimeSpan time, CancellationToken cancellationToken = default)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        budget.CancelAfter(time < LongestWait ? time : LongestWait);
        while (Journal.Find(id) is { Phase: not ErasurePhase.Done } && !budget.IsCancellationRequested)
        {
            await _progress.Task.WaitAsync(budget.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return Journal.Find(id);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ErasureInfo>> List(string? after, int limit) =>
        new([.. Journal.All
            .Skip(after is null ? 0 : Journal.All.TakeWhile(erasure => erasure.Id != after).Count() + 1)
            .Take(Math.Clamp(limit, 1, 1000))]);

    /// <inheritdoc/>
    public ValueTask Resume()
    {
        Work();
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask Drop()
    {
        await _stopping.CancelAsync();
        await Journal.ClearAsync();
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        _starting.Dispose();
    }

    private IGalleryGrain Gallery => GrainFactory.GetGrain<IGalleryGrain>(_collection);

    private IShardGrain Shard(int shard) => GrainFactory.GetGrain<IShardGrain>(ShardKey.Of(_collection, shard));

    private async Task<CollectionInfo> Collection() =>
        await GrainFactory.GetGrain<ICatalogGrain>(0).Get(_collection)
            ?? throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{_collection}'.", "collection");

    private async Task<ShardRoutes> Routes() => new(GrainFactory, time, await Collection());

    private async Task<int> Count(FaceId[] ids)
    {
        var found = 0;
        await (await Routes()).EachAsync(ids, FacesPerCall, async (shard, part) => found += (await shard.Get(part)).Count);
        return found;
    }

    private void Work()
    {
        if (_work.IsCompleted && !_stopping.IsCancellationRequested && Next() is not null)
        {
            _work = RunAllAsync();
        }
    }

    private ErasureInfo? Next() => Journal.All.FirstOrDefault(static erasure => erasure.Phase != ErasurePhase.Done);

    private async Task RunAllAsync()
    {
        // The caller does not wait for the work.
        await Task.Yield();
        var delay = FirstDelay;
        while (!_stopping.IsCancellationRequested && Next() is { } erasure)
        {
            try
            {
                await Step(erasure);
                delay = FirstDelay;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                LogStepFailed(logger, _collection, erasure.Id, erasure.Phase, error);
                await Note(erasure.Id, error);
                await Task.Delay(delay, time, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }

            Progress();
        }
    }

    private Task Step(ErasureInfo erasure) => erasure.Phase switch
    {
        ErasurePhase.Deleting => Delete(erasure),
        ErasurePhase.Rewriting => Rewrite(erasure),
        _ => Scrub(erasure),
    };

    private async Task Delete(ErasureInfo erasure)
    {
        if (erasure.ChunksDeleted < erasure.Chunks)
        {
            var faces = await Journal.FacesAsync(erasure.Id, erasure.ChunksDeleted);
            await (await Routes()).EachAsync(faces, FacesPerCall, async (shard, part) => await shard.Delete(part));
            await Journal.UpdateAsync(erasure with { ChunksDeleted = erasure.ChunksDeleted + 1, LastFailure = null });
            return;
        }

        if (erasure.Identity is { } identity)
        {
            // With faces that were enrolled in the meantime.
            await Gallery.Delete(identity);
            await metadata.Requests.DeleteHoldingAsync(Encoding.UTF8.GetBytes($"collections/{_collection}/identities/{identity}"));
        }

        await Journal.UpdateAsync(erasure with { Phase = ErasurePhase.Rewriting, DeletedMicros = NowMicros(), LastFailure = null });
    }

    private async Task Rewrite(ErasureInfo erasure)
    {
        // A shard that was split after its rewriting left its faces to two others, whose stores hold what it held when the
        // copy began: they are rewritten, too. A split under way is broken off by the rewriting.
        IReadOnlyList<int> done = erasure.RewrittenShards ?? [.. Enumerable.Range(0, erasure.ShardsRewrittenMicros.Count)];
        int[] left = [.. (await Collection()).Shards.Except(done).Order()];
        if (left is [var next, ..])
        {
            await Shard(next).Compact(_stopping.Token);
            await Journal.UpdateAsync(erasure with
            {
                Shards = done.Count + left.Length,
                RewrittenShards = [.. done, next],
                ShardsRewrittenMicros = [.. erasure.ShardsRewrittenMicros, NowMicros()],
                LastFailure = null,
            });
            return;
        }

        await Journal.UpdateAsync(erasure with { Phase = ErasurePhase.Scrubbing, LastFailure = null });
    }

    private async Task Scrub(ErasureInfo erasure)
    {
        await Journal.ForgetFacesAsync(erasure);
        erasure = await Journal.UpdateAsync(erasure with { Identity = null });
        await metadata.Requests.DeleteExpiredAsync(NowMicros());
        await metadata.ScrubAsync(_stopping.Token);
        await Journal.UpdateAsync(erasure with { Phase = ErasurePhase.Done, FinishedMicros = NowMicros(), LastFailure = null });
        LogDone(logger, _collection, erasure.Id, erasure.FoundFaces);
    }

    /// <summary>Tells callers why nothing moves.</summary>
    private async Task Note(string id, Exception error)
    {
        if (Journal.Find(id) is { } erasure)
        {
            try
            {
                await Journal.UpdateAsync(erasure with { LastFailure = error is DomainException ? error.Message : error.GetType().Name });
            }
            catch (Exception second) when (second is not OutOfMemoryException)
            {
                LogStepFailed(logger, _collection, id, erasure.Phase, second);
            }
        }
    }

    private void Progress()
    {
        var progressed = _progress;
        _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        progressed.TrySetResult();
    }

    private long NowMicros() => (long)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds;

    [LoggerMessage(1601, LogLevel.Information, "Collection {Collection}: erasure {Erasure} of {Faces} faces started.")]
    private static partial void LogStarted(ILogger logger, string collection, string erasure, int faces);

    [LoggerMessage(1602, LogLevel.Warning, "Collection {Collection}: erasure {Erasure} failed while {Phase}; it is repeated.")]
    private static partial void LogStepFailed(ILogger logger, string collection, string erasure, ErasurePhase phase, Exception error);

    [LoggerMessage(1603, LogLevel.Information, "Collection {Collection}: erasure {Erasure} is done; {Faces} faces existed.")]
    private static partial void LogDone(ILogger logger, string collection, string erasure, int faces);
}
