using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Storage.Metadata;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace FaceCluster.Grains.Forest;

/// <summary>
/// The forest of one collection in memory, kept by the feeds of the shards and rebuilt from them. Its turns are short:
/// a message of at most 1,000 changes, or a page.
/// </summary>
[KeepAlive]
[Reentrant]
[GrainType("fc.forest")]
internal sealed partial class ForestGrain(
    IMetadataStore metadata,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<ForestGrain> logger) : Grain, IForestGrain, IDisposable
{
    private const int EventCapacity = 65_536;
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
    private string _collection = string.Empty;
    private CollectionInfo? _info;
    private ForestView _view = new(ForestOptions.Default);
    private EventFeed _events = null!;
    private Dictionary<int, ShardFeedState> _shards = [];
    private TaskCompletionSource _changed = Signal();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _collection = this.GetPrimaryKeyString();
        _info = await GrainFactory.GetGrain<ICatalogGrain>(0).Get(_collection);
        if (_info is null)
        {
            return;
        }

        var settings = _info.Settings;
        _view = new ForestView(new ForestOptions(settings.LinkThreshold, settings.AmbiguityMargin, settings.QualityGate));
        _events = new EventFeed(_view, EventCapacity);
        _shards = _info.Shards.ToDictionary(static shard => shard, static _ => new ShardFeedState());
        if (settings.Linking)
        {
            foreach (var (number, shard) in _shards)
            {
                _ = AskForStateAsync(number, shard);
            }
        }
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stopping.CancelAsync();

    /// <inheritdoc/>
    public async ValueTask<bool> Apply(ForestChanges changes)
    {
        ThrowIfUnknown();
        if (!_shards.ContainsKey(changes.Shard))
        {
            await Learn();
        }

        if (!_shards.TryGetValue(changes.Shard, out var shard))
        {
            if (_info!.Map.FindRetired(changes.Shard) is not null)
            {
                // Late news of a shard that was split: its successors tell the same, or newer.
                return true;
            }

            throw new DomainException(DomainStatus.InvalidArgument, "UNKNOWN_SHARD", $"The collection has no shard {changes.Shard}.", "shard");
        }

        var step = shard.Step(changes);
        if (step != FeedStep.Apply)
        {
            return step == FeedStep.Known;
        }

        // Deletions first: the name of a deleted centre then leads to a face of its cluster, and on with that face.
        var removed = new List<FaceId>(changes.Deleted);
        Remove(shard, changes.Deleted);
        foreach (var place in changes.Faces)
        {
            shard.Note(place.Id);
            _view.Apply(new FaceRank(place.Magnitude, place.Id), List(place.Candidates));
        }

        var stale = shard.Finish(changes);
        Remove(shard, stale);
        removed.AddRange(stale);
        _events.Collect();
        Pulse();
        await KeepRedirects(removed);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask WaitFor(IReadOnlyList<ShardRevision> revisions, CancellationToken cancellationToken = default)
    {
        ThrowIfUnknown();
        if (!_info!.Settings.Linking)
        {
            return;
        }

        foreach (var revision in revisions)
        {
            if (!Knows(revision.Shard))
            {
                await Learn();
            }

            if (!Knows(revision.Shard))
            {
                throw new DomainException(DomainStatus.InvalidArgument, "INVALID_REVISION", $"The collection has no shard {revision.Shard}.", "min_revision");
            }

            // The map may change while this waits.
            while (!_info!.Map.Expand(revision).All(needed => _shards[needed.Shard].LinkedThrough >= needed.Lsn))
            {
                await Changed(Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ForestStatus> Status()
    {
        await Synchronized();
        return new ForestStatus
        {
            Faces = _view.FaceCount,
            Clusters = _view.ClusterCount,
            Unreachable = Unreachable(),
        };
    }

    /// <inheritdoc/>
    public ValueTask Reroute()
    {
        ThrowIfUnknown();
        return Learn();
    }

    /// <inheritdoc/>
    public ValueTask Drop()
    {
        _info = null;
        DeactivateOnIdle();
        return default;
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private void Remove(ShardFeedState shard, IReadOnlyList<FaceId> ids)
    {
        foreach (var id in ids)
        {
            shard.Faces.Remove(id);
            _view.Remove(id);
        }
    }

    /// <summary>
    /// Waits for the next change. Ends with the process, too: a silo waits for the calls that run before it stops, and
    /// after its shards have stopped nothing changes any more.
    /// </summary>
    /// <exception cref="TimeoutException">Nothing changed for that long.</exception>
    private async Task Changed(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await _changed.Task.WaitAsync(patience, time, either.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw new DomainException(DomainStatus.Unavailable, "FOREST_CLOSED", "The silo stops; repeat the call.");
        }
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CandidateList List(IReadOnlyList<FaceHit> hits)
    {
        var list = default(CandidateList);
        foreach (var hit in hits)
        {
            list.Offer(new Candidate(hit.Id, hit.Similarity));
        }

        return list;
    }

    private void ThrowIfUnknown()
    {
        if (_info is null)
        {
            DeactivateOnIdle();
            throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{_collection}'.", "collection");
        }
    }

    private void Pulse()
    {
        var changed = _changed;
        _changed = Signal();
        changed.TrySetResult();
    }

    private IReadOnlyList<int> Unreachable() =>
        _info!.Settings.Linking ? [.. _shards.Where(static shard => !shard.Value.Complete).Select(static shard => shard.Key).Order()] : [];

    private bool Knows(int shard) => _shards.ContainsKey(shard) || _info!.Map.FindRetired(shard) is not null;

    /// <summary>
    /// Takes over the present map. The faces of a shard that was split are passed on to its successors and stay where they
    /// are in the forest: clusters do not change by a split, and what is to follow from the successors is compared with these.
    /// </summary>
    private async ValueTask Learn()
    {
        var fresh = await GrainFactory.GetGrain<ICatalogGrain>(0).Get(_collection);
        if (fresh is null || _info is null || fresh.Uid != _info.Uid || fresh.Map.Version <= _info.Map.Version)
        {
            return;
        }

        _info = fresh;
        var before = _shards;
        _shards = fresh.Shards.ToDictionary(
            static number => number, number => before.TryGetValue(number, out var known) ? known : new ShardFeedState());
        foreach (var (number, split) in before)
        {
            if (fresh.Map.FindRetired(number) is not { } retired)
            {
                continue;
            }

            foreach (var id in split.Faces)
            {
                _shards[fresh.ShardOf(id)].Inherit(id);
            }

            if (split.Complete)
            {
                foreach (var heir in fresh.Map.Shards.Where(heir => heir.FirstSlot >= retired.Range.FirstSlot && heir.EndSlot <= retired.Range.EndSlot))
                {
                    _shards[heir.Number].InheritAll();
                }
            }
        }

        if (fresh.Settings.Linking)
        {
            foreach (var (number, shard) in _shards.Where(shard => !before.ContainsKey(shard.Key)))
            {
                _ = AskForStateAsync(number, shard);
            }
        }

        Pulse();
    }

    /// <summary>
    /// Waits for the shards' states after the start, for a while: then reads answer with what is there and name the
    /// shards that are missing.
    /// </summary>
    private async ValueTask Synchronized()
    {
        ThrowIfUnknown();
        var started = time.GetTimestamp();
        while (Unreachable().Count > 0 && time.GetElapsedTime(started) < SyncPatience)
        {
            try
            {
                await Changed(SyncPatience - time.GetElapsedTime(started), CancellationToken.None);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
    }

    private async Task AskForStateAsync(int number, ShardFeedState shard)
    {
        // After activation: the answer comes as a call of Apply, which activation would keep waiting.
        await Task.Yield();
        var grain = GrainFactory.GetGrain<IShardGrain>(ShardKey.Of(_collection, number));
        var delay = TimeSpan.FromMilliseconds(100);
        while (!shard.Heard && !_stopping.IsCancellationRequested)
        {
            try
            {
                await grain.Resync();
            }
            catch (Exception error) when (ShardRetired.Is(error))
            {
                _ = Learn().AsTask();
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                LogShardUnreachable(logger, _collection, number, error);
                await Task.Delay(delay, time);
                delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
            }
        }
    }

    /// <summary>A deleted centre's name goes on leading to its cluster, also after the forest was rebuilt without it.</summary>
    private async Task KeepRedirects(IReadOnlyList<FaceId> removed)
    {
        foreach (var id in removed)
        {
            if (_view.Redirects.TryGetValue(id, out var target))
            {
                var value = new byte[FaceId.Size];
                target.Write(value);
                await metadata.Values.PutAsync(RedirectKey(id), value);
            }
        }
    }

    private string RedirectKey(FaceId id) => $"redirect/{_info!.Uid:N}/{id}";

    [LoggerMessage(1201, LogLevel.Warning, "Shard {Collection}/{Shard} did not send its state; it is asked again.")]
    private static partial void LogShardUnreachable(ILogger logger, string collection, int shard, Exception error);
}
