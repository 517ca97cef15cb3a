using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>The segments of an open shard, oldest first; the last one is written.</summary>
internal sealed class ShardSegments
{
    private readonly Lock _lock = new();
    private readonly List<ShardSegment> _all;
    private readonly List<ShardSegment> _replaced = [];
    private readonly long _shard;
    private int _lastNumber;
    private long _linkBytes;

    public ShardSegments(long shard, List<ShardSegment> all, long durableLsn, long linkBytes)
    {
        (_shard, _all, DurableLsn, _linkBytes) = (shard, all, durableLsn, linkBytes);
        _lastNumber = all.Max(segment => segment.Number);
    }

    public long DurableLsn { get; private set; }

    public ShardSegment Writing
    {
        get
        {
            lock (_lock)
            {
                return _all[^1];
            }
        }
    }

    /// <summary>Bytes of link records that no snapshot has taken up yet.</summary>
    public long LinkBytes
    {
        get
        {
            lock (_lock)
            {
                return _linkBytes;
            }
        }
    }

    /// <summary>A segment with a number of its own, not yet in the list.</summary>
    public ShardSegment Next(long firstLsn, bool snapshot) => new(_shard, Interlocked.Increment(ref _lastNumber), firstLsn, snapshot);

    public void Add(ShardSegment segment)
    {
        lock (_lock)
        {
            _all.Add(segment);
        }
    }

    public void Written(ShardSegment segment, List<ShardRecord> group)
    {
        lock (_lock)
        {
            segment.Bytes += group.Sum(record => (long)record.Size);
            segment.Records += group.Count;
            _linkBytes += group.Sum(record => record.Type == RecordType.Links ? (long)record.Size : 0);
            DurableLsn = group[^1].Lsn;
        }
    }

    public void LinksTakenUp(long bytes)
    {
        lock (_lock)
        {
            _linkBytes -= bytes;
        }
    }

    /// <summary>The segments that are written no more, up to a record.</summary>
    public List<ShardSegment> Closed()
    {
        lock (_lock)
        {
            return _all[..^1];
        }
    }

    /// <summary>Puts a snapshot in the place of the segments it took up.</summary>
    public void Replace(List<ShardSegment> taken, ShardSegment snapshot)
    {
        lock (_lock)
        {
            _all.RemoveAll(taken.Contains);
            _all.Insert(0, snapshot);
            taken.ForEach(segment => segment.ReplaceBy(snapshot));
            _replaced.AddRange(taken);
        }
    }

    /// <summary>Segments that were replaced and whose tables are not dropped yet.</summary>
    public ShardSegment[] Replaced()
    {
        lock (_lock)
        {
            return [.. _replaced];
        }
    }

    public void Dropped(ShardSegment segment)
    {
        lock (_lock)
        {
            _replaced.Remove(segment);
        }
    }

    public (long SnapshotBytes, long LogBytes, long SnapshotLsn) Sizes()
    {
        lock (_lock)
        {
            var snapshot = _all[0].Snapshot ? _all[0] : null;
            return (snapshot?.Bytes ?? 0, _all.Sum(segment => segment.Bytes) - (snapshot?.Bytes ?? 0), snapshot?.FirstLsn ?? 0);
        }
    }
}
