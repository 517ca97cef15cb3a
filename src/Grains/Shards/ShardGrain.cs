using FaceCluster.Core;
using FaceCluster.Grains.Placement;
using FaceCluster.Storage;
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
        _info = await GrainFactory.GetGrain<ICatalogGrain>(0).Get(_collection);
        if (_info is null || _shard >= _info.Settings.ShardCount)
        {
            // The caller gets the reason from its call; an activation error would only say that activation failed.
            _info = null;
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
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _closed ??= Closed();
        await _stopping.CancelAsync();
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
    public ValueTask Drop()
    {
        // The catalog removes the files; this activation must not write them again.
        _closed = new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"The collection '{_collection}' was deleted.", "collection");
        DeactivateOnIdle();
        return default;
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

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
