using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The latest events in a ring of fixed size, so that a watcher can resume where it stopped.</summary>
public sealed class ClusterEventLog
{
    private readonly ClusterEvent[] _ring;

    /// <summary>Creates an empty log.</summary>
    /// <param name="capacity">How many events are kept, at least 1.</param>
    /// <param name="firstSequence">The sequence of the first event; a view that is rebuilt continues where its predecessor ended.</param>
    public ClusterEventLog(int capacity = 65_536, long firstSequence = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(firstSequence, 1);
        _ring = new ClusterEvent[capacity];
        NextSequence = firstSequence;
        OldestSequence = firstSequence;
    }

    /// <summary>The sequence that the next event will have.</summary>
    public long NextSequence { get; private set; }

    /// <summary>The oldest sequence that can still be read.</summary>
    public long OldestSequence { get; private set; }

    /// <summary>Reads up to <paramref name="limit"/> events from <paramref name="from"/> on.</summary>
    /// <returns><see langword="false"/> where events from there on have been overwritten: the watcher must list the clusters afresh.</returns>
    public bool TryRead(long from, int limit, ICollection<ClusterEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (from < OldestSequence)
        {
            return false;
        }

        for (var sequence = from; sequence < NextSequence && limit > 0; sequence++, limit--)
        {
            events.Add(_ring[sequence % _ring.Length]);
        }

        return true;
    }

    internal void Append(ClusterEventKind kind, FaceId cluster, FaceId other, FaceId cause, int faces, int size)
    {
        _ring[NextSequence % _ring.Length] = new ClusterEvent(NextSequence, kind, cluster, other, cause, faces, size);
        NextSequence++;
        OldestSequence = Math.Max(OldestSequence, NextSequence - _ring.Length);
    }
}
