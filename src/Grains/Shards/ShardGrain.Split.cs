using FaceCluster.Core;
using FaceCluster.Grains.Catalog;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Growth: two new shards take the place of this one. Their stores are filled from this shard's store while it goes on;
/// then writes are held back, what was written meanwhile follows, and one commit of the collection's map gives them the
/// slots. From then on this shard refuses every call, so nobody can take its answer for a whole one.
/// </summary>
/// <remarks>
/// The intent is written before anything else, and this activation asks its store after that whether it still owns it. Another
/// activation opens the store first (which fences this one) and then withdraws the intent: so either it sees the intent, and
/// the commit here fails, or it sees the map after the commit.
/// </remarks>
internal sealed partial class ShardGrain
{
    private const int RowsPerUpdate = 1000;
    private const int SmallRemainder = 2000;
    private const int CatchUpRounds = 100;
    private static readonly TimeSpan SplitPatience = TimeSpan.FromSeconds(3);

    private ShardRange _range = new(0, 0, CameraSlot.Count);
    private ShardRoutes _routes = null!;
    private SplitMirror? _mirror;
    private CancellationTokenSource? _splitStop;
    private Task _split = Task.CompletedTask;
    private bool _splitPaused;
    private long _uncuttableFaces;

    private ICatalogGrain Catalog => GrainFactory.GetGrain<ICatalogGrain>(0);

    /// <inheritdoc/>
    public async ValueTask Split()
    {
        ThrowIfClosed();
        if (!_split.IsCompleted)
        {
            return;
        }

        var cut = SplitCut.Find(_range, _table.LiveFacesOfSlot)
            ?? throw new DomainException(
                DomainStatus.FailedPrecondition,
                "SHARD_NOT_DIVISIBLE",
                "All faces of the shard are of cameras of one slot, the smallest part of a collection; splitting would not make it smaller.");
        if (!await BeginSplit(cut))
        {
            throw new DomainException(
                DomainStatus.FailedPrecondition,
                "SPLIT_UNDER_WAY",
                $"Another shard of the collection is being split, or it has {ShardMap.MaxShards} shards.");
        }
    }

    /// <summary>Splits the shard where it has grown past the collection's limit.</summary>
    private void SplitWhenDue()
    {
        if (Settings.MaxFacesPerShard <= 0
            || _table.LiveFaces <= Settings.MaxFacesPerShard
            || !_split.IsCompleted
            || Stopping
            || _splitPaused
            || _table.LiveFaces < _uncuttableFaces)
        {
            return;
        }

        if (SplitCut.Find(_range, _table.LiveFacesOfSlot) is { } cut)
        {
            _ = BeginSplit(cut);
        }
        else
        {
            // Looked at again when other cameras of its slots may have come.
            _uncuttableFaces = _table.LiveFaces + (_table.LiveFaces / 8) + 1;
            LogNotDivisible(logger, _collection, _shard, _table.LiveFaces);
        }
    }

    /// <summary>Starts the work; yields whether it could be written down as begun.</summary>
    private Task<bool> BeginSplit(int cut)
    {
        var begun = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _splitStop?.Dispose();
        _splitStop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        _split = SplitAsync(cut, begun, _splitStop.Token);
        return begun.Task;
    }

    /// <summary>Breaks a split off; it may have come to its end.</summary>
    private async Task StopSplitAsync()
    {
        if (_splitStop is { } stop && !_split.IsCompleted)
        {
            await stop.CancelAsync();
            await _split;
        }
    }

    private async Task SplitAsync(int cut, TaskCompletionSource<bool> begun, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var started = time.GetTimestamp();
        ShardSplit? split = null;
        SplitHalves? halves = null;
        try
        {
            split = await Catalog.BeginSplit(_collection, _shard, cut);
            begun.TrySetResult(split is not null);
            if (split is null)
            {
                _ = PauseSplits();
                return;
            }

            // Whoever opens the shard after this finds the intent.
            await _store!.ConfirmAsync(cancellationToken);
            halves = await SplitHalves.OpenAsync(stores, _collection, split, Settings.Dimension, cancellationToken);
            var came = await CopyAsync(halves, cancellationToken);
            var held = await HoldWithNothingUntold(cancellationToken);
            await CarryAsync(halves, cancellationToken);
            await halves.DeleteAsync([.. _deletedIds.Where(id => !came.Contains(id))], came, _range, cancellationToken);
            await halves.DisposeAsync();

            // Reads, too: when the commit has happened, the halves may take faces that are not here.
            _holdReads = true;
            if (await CommitAsync(split, halves))
            {
                LogSplit(
                    logger, _collection, _shard, split.Left, split.Right, _table.LiveFaces,
                    time.GetElapsedTime(started).TotalMilliseconds, time.GetElapsedTime(held).TotalMilliseconds);
                split = null;
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _ = PauseSplits();
            if (!cancellationToken.IsCancellationRequested)
            {
                LogSplitFailed(logger, _collection, _shard, error);
            }

            begun.TrySetException(error);
        }
        finally
        {
            _mirror?.Close();
            _mirror = null;
            if (halves is not null)
            {
                await halves.DisposeAsync();
            }

            // An activation that ends leaves the intent to the next one.
            if (split is not null && !Stopping)
            {
                await BreakOffAsync(split);
            }

            Release();
        }
    }

    /// <summary>Looks again after a while whether the shard is to be split, also when nothing is stored meanwhile.</summary>
    private async Task PauseSplits()
    {
        _splitPaused = true;
        await Task.Delay(_options.SplitRetryDelay, time);
        await _split;
        _splitPaused = false;
        SplitWhenDue();
    }

    /// <summary>Fills the halves while the shard goes on; yields the faces that were known as deleted when it began.</summary>
    private async Task<IReadOnlySet<FaceId>> CopyAsync(SplitHalves halves, CancellationToken cancellationToken)
    {
        var mirror = _mirror = new SplitMirror(Settings.Dimension);
        var deleted = new HashSet<FaceId>(_deletedIds);
        var source = _store!;
        mirror.CopiedThrough(await Task.Run(() => halves.CopyAsync(source, deleted, cancellationToken), cancellationToken));
        await halves.DeleteAsync([.. deleted], deleted, _range, cancellationToken);

        // Blocks first: every row up to here then has its item in the halves.
        var rows = _table.Faces.Count;
        await halves.AppendAsync(mirror.Take().Blocks, cancellationToken);
        for (var row = 0; row < rows; row += RowsPerUpdate)
        {
            await CarryLinksAsync(halves, Enumerable.Range(row, Math.Min(RowsPerUpdate, rows - row)), cancellationToken);
        }

        for (var round = 0; mirror.Count > SmallRemainder && round < CatchUpRounds; round++)
        {
            await CarryAsync(halves, cancellationToken);
        }

        return deleted;
    }

    /// <summary>Holds writes back at a moment when every deletion of this shard is known to all others; yields when that began.</summary>
    private async Task<long> HoldWithNothingUntold(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_untold.Count > 0)
            {
                await TellAllShards();
            }

            var held = time.GetTimestamp();
            await HoldAsync(cancellationToken);
            if (_untold.Count == 0)
            {
                return held;
            }

            Release();
            await Task.Yield();
        }
    }

    /// <summary>Brings over what was written since the last time.</summary>
    private async Task CarryAsync(SplitHalves halves, CancellationToken cancellationToken)
    {
        var (blocks, rows) = _mirror!.Take();
        await halves.AppendAsync(blocks, cancellationToken);
        foreach (var part in rows.Chunk(RowsPerUpdate))
        {
            await CarryLinksAsync(halves, part, cancellationToken);
        }
    }

    private async Task CarryLinksAsync(SplitHalves halves, IEnumerable<int> rows, CancellationToken cancellationToken)
    {
        var lists = new List<LinkEntry>();
        var linked = new List<FaceId>();
        var waiting = new List<FaceId>();
        foreach (var row in rows)
        {
            ref var face = ref _table.Faces[row];
            if (face.Deleted)
            {
                continue;
            }

            // Also an empty list: it may take the place of one that was brought over before.
            lists.Add(new LinkEntry(face.Id, Entries(face.Candidates.Items)));
            if (face.Linked)
            {
                linked.Add(face.Id);
                if (_queue.IsWaiting(row))
                {
                    waiting.Add(face.Id);
                }
            }
        }

        await halves.LinksAsync(lists, linked, waiting, cancellationToken);
    }

    /// <summary>Gives the halves the slots. Whatever comes of it, this activation ends: it or the map is over.</summary>
    private async Task<bool> CommitAsync(ShardSplit split, SplitHalves halves)
    {
        try
        {
            var committed = await Catalog.CommitSplit(_collection, split.Id, halves.LeftLsn, halves.RightLsn)
                || (await CollectionRows.FindAsync(metadata, _collection))?.Map.FindRetired(_shard) is not null;
            End(committed ? ShardRetired.Create(_shard) : Closed());
            if (committed)
            {
                GrainFactory.GetGrain<IForestGrain>(_collection).Reroute().AsTask().Ignore();
                _routes.Shard(split.Left).Status().AsTask().Ignore();
                _routes.Shard(split.Right).Status().AsTask().Ignore();
            }

            return committed;
        }
        catch
        {
            // Not known: the next activation reads the map.
            End(Closed());
            throw;
        }
    }

    private void End(DomainException reason)
    {
        _closed ??= reason;
        _feed!.Stop();
        Release();
        DeactivateOnIdle();
    }

    /// <summary>Withdraws the intent, then removes the halves. Never the other way round: the commit may have happened.</summary>
    private async Task BreakOffAsync(ShardSplit split)
    {
        try
        {
            await Catalog.AbortSplit(_collection, split.Id);
            await _routes.RefreshAsync();
            await TidyAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogTidyFailed(logger, _collection, _shard, error);
        }
    }

    /// <summary>
    /// Withdraws a split that an earlier activation had begun, whose store is fenced by now. False where it was over before:
    /// then this shard does not live.
    /// </summary>
    private async Task<bool> WithdrawEarlierSplit(CancellationToken cancellationToken)
    {
        while (await FindRange(cancellationToken))
        {
            if (_info!.Map.Splitting is not { } split || split.Shard != _shard)
            {
                return true;
            }

            await Catalog.AbortSplit(_collection, split.Id);
        }

        return false;
    }

    /// <summary>Removes stores that splits left behind and nobody reads: that of the shard this one came from, halves of broken ones.</summary>
    private async Task TidyAsync()
    {
        foreach (var number in _routes.Info.Map.Leftovers(_shard))
        {
            await stores.DeleteShardAsync(new ShardName(_collection, number), _stopping.Token);
            await Catalog.NoteDropped(_collection, number);
        }
    }

    private async Task TidyLaterAsync()
    {
        await Task.Yield();
        var delay = _options.RetryDelay;
        while (!Stopping)
        {
            try
            {
                await TidyAsync();
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                if (!Stopping)
                {
                    LogTidyFailed(logger, _collection, _shard, error);
                    await Task.Delay(delay, time);
                    delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
                }
            }
        }
    }
}
