namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>
/// The writing end of a shard. Calls queue their record and return; one loop takes what is queued, commits it as one
/// group, and only then completes the calls. While the database is away the group waits and is sent again: whether it had
/// been committed is found out by the statement itself.
/// </summary>
internal sealed class ShardWriter(ShardSession session, ShardSegments segments, RowLocations locations, Action groupWritten) : IDisposable
{
    /// <summary>A larger queue is committed in several groups, so that the first calls need not wait for the last.</summary>
    private const int MaxGroupBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<ShardRecord> _pending = [];
    private readonly CancellationTokenSource _abandon = new();
    private TaskCompletionSource? _idle;
    private TaskCompletionSource<long>? _rotation;
    private Func<Exception>? _refusal;
    private long _pendingBytes;
    private long _lastLsn = segments.DurableLsn;
    private bool _running;

    public void ThrowIfRefused()
    {
        lock (_lock)
        {
            if (_refusal is not null)
            {
                throw _refusal();
            }
        }
    }

    /// <summary>Queues a record, which belongs to the writer from now on.</summary>
    public ValueTask<long> Write(ShardRecord record)
    {
        var limit = session.Database.Options.MaxPendingBytes;
        lock (_lock)
        {
            if (_refusal is not null || _pendingBytes + record.Size > limit)
            {
                record.Dispose();
                throw _refusal?.Invoke() ?? new ShardBusyException(session.Shard, _pendingBytes, limit);
            }

            record.Lsn = ++_lastLsn;
            _pending.Enqueue(record);
            _pendingBytes += record.Size;
            Start();
        }

        return new ValueTask<long>(record.Durable);
    }

    /// <summary>Goes on in a new segment; yields the lsn up to which the closed ones cover everything.</summary>
    public Task<long> RotateAsync()
    {
        lock (_lock)
        {
            if (_refusal is not null)
            {
                throw _refusal();
            }

            _rotation ??= new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            Start();
            return _rotation.Task;
        }
    }

    /// <summary>Refuses writes from now on and waits until nothing is being written.</summary>
    /// <param name="refusal">What to answer.</param>
    /// <param name="drain">Whether what is queued is still written; otherwise it fails.</param>
    public async Task StopAsync(Func<Exception> refusal, bool drain)
    {
        Task idle;
        lock (_lock)
        {
            _refusal ??= refusal;
            if (!drain)
            {
                FailPending(refusal);
                _abandon.Cancel();
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_running)
            {
                _idle.TrySetResult();
            }

            idle = _idle.Task;
        }

        await idle.ConfigureAwait(false);
    }

    /// <summary>Call after <see cref="StopAsync"/>.</summary>
    public void Dispose() => _abandon.Dispose();

    private void Start()
    {
        if (!_running)
        {
            _running = true;
            _ = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        var group = new List<ShardRecord>();
        while (true)
        {
            lock (_lock)
            {
                if (_pending.Count == 0 && _rotation is null)
                {
                    _running = false;
                    _idle?.TrySetResult();
                    return;
                }
            }

            TaskCompletionSource<long>? rotation = null;
            try
            {
                await session.Database.WithCommitAsync(
                    async () =>
                    {
                        // Taken only now: what came while others committed goes with this group.
                        lock (_lock)
                        {
                            Take(group);
                            (rotation, _rotation) = (_rotation, null);
                        }

                        await CommitAsync(group).ConfigureAwait(false);
                        if (rotation is not null)
                        {
                            await RotateIfWrittenAsync().ConfigureAwait(false);
                            rotation.SetResult(segments.DurableLsn);
                        }
                    },
                    _abandon.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Fail(error, group, rotation);
            }

            Release(group);
        }
    }

    private void Take(List<ShardRecord> group)
    {
        var bytes = 0L;
        while (_pending.TryPeek(out var record) && (bytes == 0 || bytes + record.Size <= MaxGroupBytes))
        {
            bytes += record.Size;
            group.Add(_pending.Dequeue());
        }
    }

    private async Task CommitAsync(List<ShardRecord> group)
    {
        if (group.Count == 0)
        {
            return;
        }

        var segment = segments.Writing;
        var bulk = group.Sum(record => (long)record.Size) >= session.Database.Options.BulkBytes;
        await session.Database.RepeatAsync(
            async token =>
            {
                // Only the first attempt by COPY: a repeat has to cope with rows that are there already.
                var copy = bulk;
                bulk = false;
                await session.CommitAsync(segment, group, copy, token).ConfigureAwait(false);
                return true;
            },
            _abandon.Token).ConfigureAwait(false);
        foreach (var record in group)
        {
            if (record.Type == Records.RecordType.Append)
            {
                locations.Add(record.Faces, segment, record.Lsn);
            }
            else
            {
                locations.Remove(record.Faces);
            }
        }

        segments.Written(segment, group);
        group.ForEach(record => record.Complete());
        groupWritten();
    }

    private async Task RotateIfWrittenAsync()
    {
        if (segments.Writing.Records == 0)
        {
            return;
        }

        var next = segments.Next(segments.DurableLsn, snapshot: false);
        await session.Database.RepeatAsync(
            async token =>
            {
                await session.OwnedAsync(
                    async connection =>
                    {
                        // A repeat after a commit that went unheard finds the table; it is empty, since only this loop writes it.
                        await connection.ExecuteAsync($"DROP TABLE IF EXISTS {next.Table}", [], token).ConfigureAwait(false);
                        await connection.ExecuteAsync(ShardSegment.Create(next.Table), [], token).ConfigureAwait(false);
                        await connection.ExecuteAsync(
                            "INSERT INTO shard_segments (shard, segment, first_lsn, snapshot) VALUES ($1, $2, $3, false) ON CONFLICT DO NOTHING",
                            [session.Id, next.Number, next.FirstLsn],
                            token).ConfigureAwait(false);
                    },
                    token).ConfigureAwait(false);
                return true;
            },
            _abandon.Token).ConfigureAwait(false);
        segments.Add(next);
    }

    private void Release(List<ShardRecord> group)
    {
        lock (_lock)
        {
            foreach (var record in group)
            {
                _pendingBytes -= record.Size;
                record.Dispose();
            }
        }

        group.Clear();
    }

    private void Fail(Exception error, List<ShardRecord> group, TaskCompletionSource<long>? rotation)
    {
        lock (_lock)
        {
            // Given up because another open in this process fences the handle: its word counts.
            var given = error is OperationCanceledException && _refusal is not null ? _refusal : null;
            var failed = given ?? (error is ShardFencedException
                ? () => new ShardFencedException(session.Shard, session.Epoch)
                : () => new ShardFailedException(session.Shard, error));
            _refusal ??= failed;
            group.ForEach(record => record.TryFail(failed()));
            rotation?.TrySetException(failed());
            FailPending(failed);
        }
    }

    private void FailPending(Func<Exception> error)
    {
        while (_pending.TryDequeue(out var record))
        {
            _pendingBytes -= record.Size;
            record.TryFail(error());
            record.Dispose();
        }

        _rotation?.TrySetException(error());
        _rotation = null;
    }
}
