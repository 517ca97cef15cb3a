using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Grains.Forest;

/// <summary>
/// The forest's changes as watchers see them: folding the events (create, resize, remove by id) gives the list of
/// clusters. A ring of fixed size; whoever falls out of it starts over from the present state.
/// </summary>
internal sealed class EventFeed(ForestView view, int capacity)
{
    private readonly ClusterEvent[] _ring = new ClusterEvent[capacity];
    private readonly List<Clustering.ClusterEvent> _raw = [];
    private long _read = view.Events.NextSequence;
    private long _next = 1;

    /// <summary>Names this life of the forest.</summary>
    public Guid Epoch { get; } = Guid.NewGuid();

    /// <summary>Number of the last event.</summary>
    public long LastNumber => _next - 1;

    /// <summary>Takes over what happened in the view; call after every change of it.</summary>
    /// <returns>Whether anything did.</returns>
    public bool Collect()
    {
        var before = _next;
        _raw.Clear();
        while (_read < view.Events.NextSequence)
        {
            if (!view.Events.TryRead(_read, 1024, _raw))
            {
                throw new InvalidOperationException("The forest's log ran over before it was read.");
            }

            foreach (var change in _raw)
            {
                Translate(change);
            }

            _read += _raw.Count;
            _raw.Clear();
        }

        return _next != before;
    }

    /// <summary>Events after a number; null where they are no longer there.</summary>
    public ClusterEvent[]? Read(long after, int limit)
    {
        if (after < _next - 1 - capacity || after > LastNumber || after < 0)
        {
            return null;
        }

        var count = (int)Math.Min(limit, LastNumber - after);
        var events = new ClusterEvent[count];
        for (var i = 0; i < count; i++)
        {
            events[i] = _ring[(after + 1 + i) % capacity];
        }

        return events;
    }

    /// <summary>The present state as events, all with the number of the last event.</summary>
    public ClusterEvent[] Snapshot()
    {
        var events = new List<ClusterEvent>(view.ClusterCount + 1) { Event(ClusterEventKind.Resync, default, default, 0) };
        ClusterSummary? after = null;
        while (view.ListBySize(after, 1000) is { Count: > 0 } page)
        {
            events.AddRange(page.Select(cluster => Event(ClusterEventKind.Created, cluster.Id, default, cluster.Size)));
            after = page[^1];
        }

        return [.. events];

        ClusterEvent Event(ClusterEventKind kind, FaceId cluster, FaceId other, int size) =>
            new() { Number = LastNumber, Kind = kind, Cluster = cluster, Other = other, Size = size };
    }

    private void Translate(in Clustering.ClusterEvent change)
    {
        switch (change.Kind)
        {
            case Clustering.ClusterEventKind.Created:
                Add(ClusterEventKind.Created, change.Cluster, default, change.Size);
                break;
            case Clustering.ClusterEventKind.FaceAdded or Clustering.ClusterEventKind.FaceRemoved:
                Add(ClusterEventKind.Changed, change.Cluster, default, change.Size);
                break;
            case Clustering.ClusterEventKind.Merged:
                Add(ClusterEventKind.Merged, change.Other, change.Cluster, 0);
                Add(ClusterEventKind.Changed, change.Cluster, default, change.Size);
                break;
            case Clustering.ClusterEventKind.Moved:
                Add(ClusterEventKind.Changed, change.Cluster, default, change.Size);
                AddPresent(change.Other);
                break;
            case Clustering.ClusterEventKind.Split:
                Add(ClusterEventKind.Split, change.Cluster, change.Other, change.Size);
                AddPresent(change.Other);
                break;
            case Clustering.ClusterEventKind.Rerooted:
                Add(ClusterEventKind.Created, change.Cluster, default, change.Size);
                Add(ClusterEventKind.Merged, change.Other, change.Cluster, 0);
                break;
            case Clustering.ClusterEventKind.Removed:
                Add(ClusterEventKind.Removed, change.Cluster, default, 0);
                break;
            default:
                throw new InvalidOperationException($"The change {change.Kind} has no event.");
        }
    }

    /// <summary>The size that a cluster has by now; later events of the same round end at the same one.</summary>
    private void AddPresent(FaceId cluster)
    {
        if (view.TryResolve(cluster, out var present) && present.Id == cluster)
        {
            Add(ClusterEventKind.Changed, cluster, default, present.Size);
        }
    }

    private void Add(ClusterEventKind kind, FaceId cluster, FaceId other, int size)
    {
        _ring[_next % capacity] = new ClusterEvent { Number = _next, Kind = kind, Cluster = cluster, Other = other, Size = size };
        _next++;
    }
}
