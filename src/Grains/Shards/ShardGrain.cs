using FaceCluster.Core;
using FaceCluster.Grains.Catalog;
using FaceCluster.Grains.Placement;
using FaceCluster.Storage;
using FaceCluster.Storage.Metadata;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// The single writer of a shard. On its turn: looking up and changing tables, normalising the vectors of a block,
/// merging offers. Not on its turn: scans (compute pool), the log (its own writer thread), replay.
/// </summary>
/// <remarks>
/// Reentrant: calls interleave at awaits, and every method leaves the tables consistent before it awaits. Immovable,
/// because a migration would carry the vectors in a message; another silo opens the store instead, which fences this
/// activation.
/// </remarks>
[KeepAlive]
[Reentrant]
[Immovable(ImmovableKind.Any)]
[ShardPlacement]
[GrainType("fc.shard")]
internal sealed partial class ShardGrain(
    IShardStoreFactory stores,
    IMetadataStore metadata,
    ComputePool pool,
    IOptions<ShardOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILocalSiloDetails silo,
    ILogger<ShardGrain> logger) : Grain, IShardGrain, ForestFeed.ISource, IDisposable
{
    private readonly ShardOptions _options = options.Value;
    private readonly LinkQueue _queue = new();
    private string _collection = string.Empty;
    private int _shard;
    private CollectionInfo? _info;
    private IShardStore? _store;
    private FaceTable _table = new(Similarity.LaneCount);
    private ForestFeed? _feed;
    private ScanBatcher? _scans;
    private ApproximateSearch? _approximate;
    private Exception? _closed;
    private long _lastLsn;
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);

    private CollectionSettings Settings => _info!.Settings;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_collection, _shard) = ShardKey.Parse(this.GetPrimaryKeyString());
        if (!await FindRange(cancellationToken))
        {
            // The caller gets the reason from its call; an activation error would only say that activation failed.
            return;
        }

        var started = time.GetTimestamp();
        var table = new FaceTable(Settings.Dimension);
        var replay = new ShardReplay(table);
        try
        {
            _store = await stores.OpenAsync(new ShardName(_collection, _shard), Settings.Dimension, replay, cancellationToken);
        }
        catch (Exception error) when (error is ShardFencedException or ShardFailedException)
        {
            // The medium is away or another silo was faster: it is worth repeating the call.
            LogStoreLost(logger, _collection, _shard, error);
            throw Closed();
        }

        if (!await WithdrawEarlierSplit(cancellationToken))
        {
            await _store.DisposeAsync();
            await stores.DeleteShardAsync(_store.Shard, cancellationToken);
            _store = null;
            return;
        }


        StartConfirming();
        _table = table;
        _lastLsn = replay.LastLsn;
        _deletedIds.UnionWith(replay.Deleted);
        _queue.Advance(_lastLsn);
        _approximate = ApproximateSearch.Create(
            new ShardName(_collection, _shard), table.Index, Settings.ApproximateSearch, pool, _options, time, logger, _stopping.Token);
        _scans = new ScanBatcher(table.Index, _approximate, Settings.LinkThreshold, pool, _options, time);
        _feed = new ForestFeed(_shard, GrainFactory.GetGrain<IForestGrain>(_collection), this, time, logger, _stopping.Token);
        LogOpened(logger, _collection, _shard, table.LiveFaces, _store.Epoch, time.GetElapsedTime(started).TotalMilliseconds);
        ResumeAfter(replay);
        _approximate?.Wake();
        SplitWhenDue();
        if (_routes.Info.Map.Leftovers(_shard).Any())
        {
            _ = TidyLaterAsync();
        }
    }

    /// <summary>
    /// Reads what the shard is about from the metadata store itself: a copy could be older than a split. False where the
    /// shard does not live.
    /// </summary>
    private async Task<bool> FindRange(CancellationToken cancellationToken)
    {
        _info = await CollectionRows.FindAsync(metadata, _collection, cancellationToken);
        if (_info is null || _info.Map.Find(_shard) is not { } range)
        {
            _closed = _info?.Map.FindRetired(_shard) is null ? null : ShardRetired.Create(_shard);
            _info = null;
            return false;
        }

        _range = range;
        _routes = new ShardRoutes(GrainFactory, time, _info);
        return true;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _closed ??= Closed();
        await _stopping.CancelAsync();
        Release();

        // What is left of it cannot end well without this store; it need not be waited for long.
        await _split.WaitAsync(SplitPatience, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _feed?.Stop();
        _approximate?.Close();
        if (_store is { } store)
        {
            await store.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask<ShardStatus> Status()
    {
        ThrowIfClosed();
        return new(new ShardStatus
        {
            Shard = _shard,
            Faces = _table.LiveFaces,
            Items = _table.Items.Count,
            Unlinked = _queue.Count,
            LinkedThroughLsn = _feed!.LinkedThrough,
            LastLsn = _queue.LastLsn,
            MemoryBytes = _table.TableBytes + _table.Index.MemoryBytes + (_approximate?.MemoryBytes ?? 0),
            LinkLagMilliseconds = _lagMilliseconds,
            Silo = silo.SiloAddress.ToParsableString(),
            Epoch = _store!.Epoch,
            Splitting = !_split.IsCompleted,
        });
    }

    /// <inheritdoc/>
    public async ValueTask WaitLinked(long lsn, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        if (!Settings.Linking)
        {
            return;
        }

        while (_feed!.LinkedThrough < lsn)
        {
            ThrowIfClosed();
            if (_queue.LinkedThrough < lsn)
            {
                await WhileOpen(_progress.Task, cancellationToken);
            }
            else
            {
                _feed.Wake();
                await WhileOpen(_feed.Flushed(), cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask Resync()
    {
        ThrowIfClosed();
        if (Settings.Linking)
        {
            _feed!.Restart();
            await WhileOpen(_feed.Flushed(), CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async ValueTask Drop()
    {
        // The catalog removes the files; this activation must not write them again.
        _closed = new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"The collection '{_collection}' was deleted.", "collection");
        await StopSplitAsync();
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _splitStop?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>
    /// Waits for something that others bring about, at most until this activation or the process ends: a silo waits for the
    /// calls that run before it stops, and in a stopping silo nobody brings it about any more.
    /// </summary>
    private async Task WhileOpen(Task task, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    private static DomainException Closed() =>
        new(DomainStatus.Unavailable, "SHARD_CLOSED", "The shard is being opened elsewhere; repeat the call.");

    private void ThrowIfClosed()
    {
        if (_closed is { } closed)
        {
            throw closed;
        }

        ThrowIfUnconfirmed();

        if (_info is null)
        {
            DeactivateOnIdle();
            throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{_collection}' with a shard {_shard}.", "collection");
        }
    }

    /// <summary>
    /// Runs a write. A store that failed or was fenced knows better than this activation what is durable, so the
    /// activation ends and the next one reads the store again.
    /// </summary>
    private async ValueTask<long> Write(ValueTask<long> write)
    {
        try
        {
            var lsn = await write;
            _lastLsn = Math.Max(_lastLsn, lsn);
            return lsn;
        }
        catch (ShardBusyException)
        {
            throw new DomainException(DomainStatus.ResourceExhausted, "SHARD_BUSY", "The shard has too many writes waiting; repeat after a short delay.");
        }
        catch (Exception error) when (error is ShardFencedException or ShardFailedException or ObjectDisposedException)
        {
            LogStoreLost(logger, _collection, _shard, error);
            _closed ??= Closed();
            DeactivateOnIdle();
            throw _closed;
        }
    }
}
