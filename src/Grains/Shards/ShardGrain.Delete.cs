using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Deletion: first durable here, then out of search, then out of every list that names the face, and last out of the
/// bytes of the store. A crash in between is completed when the shard opens again.
/// </summary>
internal sealed partial class ShardGrain
{
    // Rows whose candidate lists are looked through before other calls get a turn: about half a millisecond.
    private const int RowsPerSlice = 16_384;

    private readonly HashSet<FaceId> _untold = [];
    private bool _forgetting;
    private bool _compacting;

    /// <inheritdoc/>
    public async ValueTask<int> Delete(IReadOnlyList<FaceId> ids)
    {
        ThrowIfClosed();
        var existed = await DeleteOwn(ids);

        // A repeat of a deletion whose telling failed completes it.
        if (_untold.Count > 0)
        {
            await TellAllShards();
            StartCompaction();
        }

        return existed;
    }

    /// <inheritdoc/>
    public async ValueTask Forget(IReadOnlyList<FaceId> deleted)
    {
        await ForgetHere(deleted);
        await WhileOpen(_feed!.Flushed(), CancellationToken.None);
    }

    private async Task<int> DeleteOwn(IReadOnlyList<FaceId> ids)
    {
        using var writing = await EnterAsync();
        FaceId[] own = [.. ids.Distinct().Where(id => _table.TryGetFace(id, out var row) && !_table.Faces[row].Deleted)];
        if (own.Length > 0)
        {
            var lsn = await Write(_store!.DeleteAsync(new Deletion { Own = own }));
            _queue.Advance(lsn);
            foreach (var id in own)
            {
                if (_table.Delete(id, out _))
                {
                    _deletedIds.Add(id);
                    _untold.Add(id);
                    _feed!.Delete(id);
                }
            }

            _approximate?.Wake();
        }

        return own.Length;
    }

    private async Task ForgetHere(IReadOnlyList<FaceId> deleted)
    {
        using var writing = await EnterAsync();
        FaceId[] foreign = [.. deleted.Where(_deletedIds.Add)];
        var gone = new HashSet<FaceId>(deleted);
        var orphans = new List<int>();
        for (var row = 0; row < _table.Faces.Count; row++)
        {
            if (row % RowsPerSlice == RowsPerSlice - 1)
            {
                await Task.Yield();
            }

            if (DropCandidates(row, gone))
            {
                orphans.Add(row);
                _mirror?.Touch(row);
            }
        }

        if (foreign.Length > 0)
        {
            await Write(_store!.DeleteAsync(new Deletion { Foreign = foreign }));
        }

        if (orphans.Count > 0)
        {
            var lsn = await Write(_store!.ApplyLinksAsync(new LinkUpdate
            {
                Changed = Lists(orphans),
                Dirty = [.. orphans.Where(row => !_table.Faces[row].Deleted).Select(row => _table.Faces[row].Id)],
            }));
            var now = time.GetTimestamp();
            _queue.Advance(lsn);
            foreach (var row in orphans)
            {
                _queue.Add(row, lsn, now);
                _mirror?.Touch(row);
                _feed!.Change(row);
            }

            StartLinking();
        }
    }

    /// <inheritdoc/>
    public async ValueTask Compact(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();

        // What a split has copied may hold what has to go.
        await StopSplitAsync();
        ThrowIfClosed();
        await _routes.RefreshAsync();
        await TidyAsync();
        await CompactStore(cancellationToken);
    }

    private async Task CompactStore(CancellationToken cancellationToken)
    {
        if (_untold.Count > 0)
        {
            await TellAllShards();
        }

        await _store!.CompactAsync(cancellationToken);
    }

    /// <summary>Takes deleted faces out of a face's list; true where it held one and has to search again.</summary>
    private bool DropCandidates(int row, HashSet<FaceId> gone)
    {
        ref var face = ref _table.Faces[row];
        foreach (var candidate in face.Candidates.Items)
        {
            if (gone.Contains(candidate.Id))
            {
                face.Candidates = ShardReplay.Without(face.Candidates, gone);
                _table.SetAcceptance(row);
                return true;
            }
        }

        return false;
    }

    private async Task TellAllShards()
    {
        FaceId[] told = [.. _untold];
        await _routes.AllAsync(async shard =>
        {
            await (shard == _shard ? Forget(told) : _routes.Shard(shard).Forget(told));
            return true;
        });
        await GrainFactory.GetGrain<IGalleryGrain>(_collection).RemoveFaces(told);
        _untold.ExceptWith(told);
    }

    /// <summary>After opening: tells of deletions that a crash may have kept from the other shards.</summary>
    private void StartForgetting()
    {
        if (_untold.Count > 0 && !_forgetting)
        {
            _forgetting = true;
            _ = ForgetAllAsync();
        }
    }

    private async Task ForgetAllAsync()
    {
        await Task.Yield();
        var delay = _options.RetryDelay;
        while (!Stopping && _untold.Count > 0)
        {
            try
            {
                await TellAllShards();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                if (Stopping)
                {
                    return;
                }

                LogForgetFailed(logger, _collection, _shard, error);
                await Task.Delay(delay, time);
                delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
            }
        }

        _forgetting = false;
        StartCompaction();
    }

    private void StartCompaction()
    {
        if (!_compacting)
        {
            _compacting = true;
            _ = CompactLaterAsync();
        }
    }

    private async Task CompactLaterAsync()
    {
        // Deletions come in bursts; one rewrite serves those of the delay.
        await Task.Delay(_options.CompactionDelay, time);
        _compacting = false;
        if (Stopping)
        {
            return;
        }

        if (!_split.IsCompleted)
        {
            // The store is read, and is soon over; the halves compact themselves where they have to.
            StartCompaction();
            return;
        }

        try
        {
            await CompactStore(_stopping.Token);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (!Stopping)
            {
                LogCompactionFailed(logger, _collection, _shard, error);
                StartCompaction();
            }
        }
    }
}
