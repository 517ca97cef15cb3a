namespace FaceCluster.Storage.Log;

/// <summary>The files a shard consists of now: the snapshot, if any, and the logs after it. The last log is written.</summary>
internal sealed class ShardFiles : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ShardFile> _logs = [];
    private ShardFile? _snapshot;
    private bool _closed;

    /// <summary>The log being written.</summary>
    public ShardFile Current
    {
        get
        {
            lock (_lock)
            {
                return _logs[^1];
            }
        }
    }

    public long SnapshotLsn
    {
        get
        {
            lock (_lock)
            {
                return _snapshot?.Header.Lsn ?? 0;
            }
        }
    }

    /// <summary>Bytes of records in the snapshot and in the logs.</summary>
    public (long Snapshot, long Logs) Bytes()
    {
        lock (_lock)
        {
            return (_snapshot is null ? 0 : _snapshot.Length - FileHeader.Size, _logs.Sum(log => log.Length - FileHeader.Size));
        }
    }

    public void AddLog(ShardFile log)
    {
        lock (_lock)
        {
            _logs.Add(log);
        }
    }

    /// <summary>Adds the log of a new epoch, closes those without a record, and yields their paths.</summary>
    public List<string> AddLogInPlaceOfEmpty(ShardFile log)
    {
        lock (_lock)
        {
            var empty = _logs.Where(file => file.Length == FileHeader.Size).ToList();
            _logs.RemoveAll(empty.Contains);
            _logs.Add(log);
            empty.ForEach(file => file.Release());
            return empty.ConvertAll(file => file.Path);
        }
    }

    public void SetSnapshot(ShardFile snapshot)
    {
        lock (_lock)
        {
            _snapshot = snapshot;
        }
    }

    /// <summary>Takes hold of what covers the records up to now, each file with its present end; the caller releases them.</summary>
    /// <param name="closedOnly">Whether to leave out the log being written.</param>
    public List<(ShardFile File, long End)> Acquire(bool closedOnly)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IShardStore));
            var files = new List<(ShardFile, long)>();
            var logs = closedOnly ? _logs.SkipLast(1) : _logs;
            foreach (var file in _snapshot is null ? logs : logs.Prepend(_snapshot))
            {
                file.Acquire();
                files.Add((file, file.Length));
            }

            return files;
        }
    }

    /// <summary>Puts a new snapshot in place of the files it covers, which are given back for deletion.</summary>
    public List<ShardFile> Replace(ShardFile snapshot)
    {
        lock (_lock)
        {
            var covered = _logs.SkipLast(1).Where(log => log.Header.Lsn < snapshot.Header.Lsn).ToList();
            _logs.RemoveAll(covered.Contains);
            if (_snapshot is not null)
            {
                covered.Add(_snapshot);
            }

            _snapshot = snapshot;
            return covered;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _snapshot?.Release();
            _logs.ForEach(log => log.Release());
        }
    }
}
