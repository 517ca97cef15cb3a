using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>
/// The writing end of a shard. Calls queue their record and return; a commit thread takes what is queued, writes it as one
/// group, flushes once, and only then completes the calls.
/// </summary>
internal sealed class ShardLog
{
    /// <summary>A larger queue is committed in several groups, so that the first calls need not wait for the last.</summary>
    private const int MaxGroupBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<PendingRecord> _pending = [];
    private readonly List<PendingRecord> _group = [];
    private readonly List<ReadOnlyMemory<byte>> _buffers = [];
    private readonly ShardName _shard;
    private readonly ShardFolder _folder;
    private readonly ShardFiles _files;
    private readonly FaceLocations _locations;
    private readonly CommitThreads _threads;
    private readonly LogShardOptions _options;
    private readonly Action _groupWritten;
    private TaskCompletionSource? _idle;
    private TaskCompletionSource<long>? _rotation;
    private Func<Exception>? _refusal;
    private long _pendingBytes;
    private long _lastLsn;
    private long _durableLsn;
    private long _linkBytes;
    private bool _scheduled;

    /// <param name="shard">The shard.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="recovered">What was found in it.</param>
    /// <param name="threads">Where groups are written.</param>
    /// <param name="options">Options.</param>
    /// <param name="groupWritten">Called after each group on a commit thread; must be quick and not throw.</param>
    public ShardLog(
        ShardName shard, ShardFolder folder, ShardRecovery recovered, CommitThreads threads, LogShardOptions options, Action groupWritten)
    {
        (_shard, _folder, _threads, _options, _groupWritten) = (shard, folder, threads, options, groupWritten);
        (_files, _locations, _linkBytes) = (recovered.Files, recovered.Locations, recovered.LinkBytes);
        (_lastLsn, _durableLsn) = (recovered.LastLsn, recovered.LastLsn);
    }

    public long DurableLsn => Volatile.Read(ref _durableLsn);

    /// <summary>Bytes of link records that no snapshot has taken up yet.</summary>
    public long LinkBytes => Volatile.Read(ref _linkBytes);

    /// <summary>The log and its durable length where a write or flush failed.</summary>
    public (string Path, long Length)? Suspect { get; private set; }

    /// <summary>Throws where writes are refused.</summary>
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

    /// <summary>Queues a record, which belongs to the log from now on.</summary>
    public ValueTask<long> Write(PendingRecord record)
    {
        lock (_lock)
        {
            if (_refusal is not null || _pendingBytes + record.Size > _options.MaxPendingBytes)
            {
                record.Dispose();
                throw _refusal?.Invoke() ?? new ShardBusyException(_shard, _pendingBytes, _options.MaxPendingBytes);
            }

            record.Lsn = ++_lastLsn;
            _pending.Enqueue(record);
            _pendingBytes += record.Size;
            Schedule();
        }

        return new ValueTask<long>(record.Durable);
    }

    /// <summary>Goes on in a new log; yields the lsn up to which the closed files cover everything.</summary>
    public Task<long> RotateAsync()
    {
        lock (_lock)
        {
            if (_refusal is not null)
            {
                throw _refusal();
            }

            _rotation ??= new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            Schedule();
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
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_scheduled)
            {
                _idle.TrySetResult();
            }

            idle = _idle.Task;
        }

        await idle.ConfigureAwait(false);
    }

    /// <summary>Notes that link records are in a snapshot now.</summary>
    public void LinksTakenUp(long bytes) => Interlocked.Add(ref _linkBytes, -bytes);

    private void Schedule()
    {
        if (!_scheduled)
        {
            _scheduled = true;
            _threads.Schedule(Commit);
        }
    }

    private void Commit()
    {
        TaskCompletionSource<long>? rotation;
        lock (_lock)
        {
            TakeGroup();
            rotation = _rotation;
            _rotation = null;
        }

        try
        {
            if (_group.Count > 0)
            {
                WriteGroup();
            }

            if (rotation is not null)
            {
                Rotate();
                rotation.SetResult(DurableLsn);
            }
        }
        catch (Exception error)
        {
            Fail(error, rotation);
        }

        ReleaseGroup();
        lock (_lock)
        {
            if (_pending.Count > 0 || _rotation is not null)
            {
                // Behind the other shards that wait.
                _threads.Schedule(Commit);
            }
            else
            {
                _scheduled = false;
                _idle?.TrySetResult();
            }
        }
    }

    private void TakeGroup()
    {
        var bytes = 0L;
        while (_pending.TryPeek(out var record) && (bytes == 0 || bytes + record.Size <= MaxGroupBytes))
        {
            bytes += record.Size;
            _group.Add(_pending.Dequeue());
        }
    }

    private void WriteGroup()
    {
        var file = _files.Current;
        var offset = file.Length;
        foreach (var record in _group)
        {
            record.Seal(file.Header, _group[0].Lsn);
            _buffers.Add(record.Bytes);
        }

        _options.Durability.Write(file.Handle, _buffers, offset);
        _options.Durability.Flush(file.Handle);
        foreach (var record in _group)
        {
            if (record.Type == RecordType.Append)
            {
                _locations.Add(record.Faces, file, offset + RecordHeader.Size, file.Header.Dimension * sizeof(float));
            }
            else
            {
                _locations.Remove(record.Faces);
            }

            offset += record.Size;
        }

        file.Length = offset;
        Interlocked.Add(ref _linkBytes, _group.Sum(record => record.Type == RecordType.Links ? record.Size : 0L));
        Volatile.Write(ref _durableLsn, _group[^1].Lsn);
        _group.ForEach(record => record.Complete());
        _groupWritten();
    }

    private void ReleaseGroup()
    {
        lock (_lock)
        {
            foreach (var record in _group)
            {
                _pendingBytes -= record.Size;
                record.Dispose();
            }
        }

        _group.Clear();
        _buffers.Clear();
    }

    private void Rotate()
    {
        var current = _files.Current;
        if (current.Length > FileHeader.Size)
        {
            var header = FileHeader.Create(FileKind.Log, _shard, current.Header.Dimension, current.Header.Epoch, DurableLsn);
            _files.AddLog(ShardFileAccess.Create(_folder, _folder.LogPath(header.Lsn, header.Epoch), header, _options.Durability));
        }
    }

    private void Fail(Exception error, TaskCompletionSource<long>? rotation)
    {
        Exception Failed() => new ShardFailedException(_shard, error);
        lock (_lock)
        {
            var file = _files.Current;
            Suspect = (file.Path, file.Length);
            _refusal = Failed;
            _group.ForEach(record => record.TryFail(Failed()));
            rotation?.TrySetException(Failed());
            FailPending(Failed);
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
