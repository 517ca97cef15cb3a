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
    private TaskCompletionSource? _idle;
    private TaskCompletionSource<long>? _rotation;
    private Func<Exception>? _refusal;
    private long _pendingBytes;
    private long _lastLsn;
    private long _durableLsn;
    private bool _scheduled;

    public ShardLog(
        ShardName shard, ShardFolder folder, ShardFiles files, FaceLocations locations, long lastLsn, CommitThreads threads, LogShardOptions options)
    {
        (_shard, _folder, _files, _locations, _threads, _options) = (shard, folder, files, locations, threads, options);
        (_lastLsn, _durableLsn) = (lastLsn, lastLsn);
    }

    public long DurableLsn => Volatile.Read(ref _durableLsn);

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
            if (record.Type == Records.RecordType.Append)
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
        Volatile.Write(ref _durableLsn, _group[^1].Lsn);
        _group.ForEach(record => record.Complete());
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
