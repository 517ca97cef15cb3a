using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// The clusters of a forest in memory, kept up to date as faces come, change their candidates and go. A change costs
/// as much as the subtree that moves (times the logarithm of the cluster for its order), never a walk of all faces.
/// </summary>
/// <remarks>
/// <para>A face's parent here is the first of its candidates that the view knows. Changes of different shards may
/// therefore come in any order: a face whose parent is still on its way waits under its next candidate, and moves when
/// the parent arrives. When all changes have come, the view equals the batch forest.</para>
/// <para>Not safe for concurrent use; its owner (a grain's turn, a lock) orders the calls.</para>
/// </remarks>
public sealed partial class ForestView
{
    private readonly Dictionary<FaceId, int> _slots = [];
    private readonly Dictionary<FaceId, HashSet<int>> _waiting = [];
    private readonly Dictionary<FaceId, FaceId> _redirects = [];
    private readonly Stack<int> _free = new();
    private Node[] _nodes = new Node[1024];
    private int _used;

    /// <summary>Creates an empty view.</summary>
    /// <param name="options">Threshold (already applied by the callers), margin and gate of the marks.</param>
    /// <param name="events">Where changes are recorded, or null for a log of the default size.</param>
    public ForestView(ForestOptions options, ClusterEventLog? events = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Events = events ?? new ClusterEventLog();
    }

    /// <summary>The settings.</summary>
    public ForestOptions Options { get; }

    /// <summary>The changes, for watchers.</summary>
    public ClusterEventLog Events { get; }

    /// <summary>Number of faces.</summary>
    public int FaceCount => _slots.Count;

    /// <summary>Number of clusters, single faces included.</summary>
    public int ClusterCount => _bySize.Count;

    /// <summary>Whether the view has the face.</summary>
    public bool Contains(FaceId id) => _slots.ContainsKey(id);

    /// <summary>
    /// Adds a face, or replaces the candidates of a face that is there. Applying the same again changes nothing.
    /// </summary>
    /// <param name="face">Rank of the face; the magnitude of a known face must be the same as before.</param>
    /// <param name="candidates">Its higher-ranked neighbours above the threshold, best first.</param>
    /// <returns>Whether the parent of the face changed (or the face is new).</returns>
    /// <exception cref="ArgumentException">The magnitude differs from before, or a candidate does not outrank the face.</exception>
    public bool Apply(FaceRank face, in CandidateList candidates)
    {
        if (_slots.TryGetValue(face.Id, out var slot))
        {
            if (_nodes[slot].Magnitude != face.Magnitude)
            {
                throw new ArgumentException($"Face {face.Id} has the magnitude {_nodes[slot].Magnitude}; it cannot become {face.Magnitude}.", nameof(face));
            }

            CheckRanks(face, candidates);
            StopWaiting(slot);
            _nodes[slot].Candidates = candidates;
            return Relink(slot, face.Id);
        }

        CheckRanks(face, candidates);
        slot = Allocate();
        _nodes[slot] = new Node(face.Id, face.Magnitude, candidates);
        _slots.Add(face.Id, slot);
        _redirects.Remove(face.Id);
        var parent = ChooseParent(slot);
        _nodes[slot].Root = slot;
        if (parent < 0)
        {
            Open(slot);
            Events.Append(ClusterEventKind.Created, face.Id, FaceId.None, face.Id, 1, 1);
        }
        else
        {
            Attach(slot, parent);
            var root = _nodes[parent].Root;
            _nodes[slot].Root = root;
            Join(root, slot);
            Events.Append(ClusterEventKind.FaceAdded, _nodes[root].Id, FaceId.None, face.Id, 1, SizeOf(root));
        }

        if (_waiting.Remove(face.Id, out var waiters))
        {
            foreach (var waiter in waiters)
            {
                Relink(waiter, face.Id);
            }
        }

        return true;
    }

    /// <summary>
    /// Takes a face out. Its children fall back to their next candidate until their shard sends their new list.
    /// </summary>
    /// <returns>Whether the view had it.</returns>
    public bool Remove(FaceId id)
    {
        if (!_slots.Remove(id, out var slot))
        {
            return false;
        }

        StopWaiting(slot);
        var wasRoot = _nodes[slot].Root == slot;
        var heir = HighestChild(slot);
        var oldParent = _nodes[slot].Parent;
        while (_nodes[slot].FirstChild >= 0)
        {
            var child = _nodes[slot].FirstChild;
            Relink(child, id, quietSplit: wasRoot && child == heir);
        }

        if (wasRoot)
        {
            Close(slot);
            if (heir < 0)
            {
                Events.Append(ClusterEventKind.Removed, id, FaceId.None, id, 1, 0);
            }
            else
            {
                Redirect(id, heir);
                var root = _nodes[heir].Root;
                Events.Append(ClusterEventKind.Rerooted, _nodes[root].Id, id, id, 1, SizeOf(root));
            }
        }
        else
        {
            var root = _nodes[slot].Root;
            Detach(slot);
            Leave(root, slot);
            if (_nodes[slot].WasRoot)
            {
                Redirect(id, heir >= 0 ? heir : oldParent);
            }

            Events.Append(ClusterEventKind.FaceRemoved, _nodes[root].Id, FaceId.None, id, 1, SizeOf(root));
        }

        _nodes[slot] = default;
        _free.Push(slot);
        return true;
    }

    private void CheckRanks(FaceRank face, in CandidateList candidates)
    {
        foreach (var candidate in candidates.Items)
        {
            if (candidate.Id == face.Id || (_slots.TryGetValue(candidate.Id, out var slot) && _nodes[slot].Rank < face))
            {
                throw new ArgumentException($"Face {candidate.Id} does not outrank face {face.Id} and cannot be its candidate.", nameof(candidates));
            }
        }
    }

    /// <summary>The first candidate that is there; where a better one is missing, the face is noted as waiting for it.</summary>
    private int ChooseParent(int slot)
    {
        ref var node = ref _nodes[slot];
        foreach (var candidate in node.Candidates.Items)
        {
            if (_slots.TryGetValue(candidate.Id, out var parent))
            {
                // Only a face that came after the list was checked can fail here; skipping it keeps the forest acyclic.
                if (_nodes[parent].Rank > node.Rank)
                {
                    return parent;
                }

                continue;
            }

            if (!_waiting.TryGetValue(candidate.Id, out var waiters))
            {
                _waiting.Add(candidate.Id, waiters = []);
            }

            waiters.Add(slot);
        }

        return -1;
    }

    private void StopWaiting(int slot)
    {
        foreach (var candidate in _nodes[slot].Candidates.Items)
        {
            if (_waiting.TryGetValue(candidate.Id, out var waiters) && waiters.Remove(slot) && waiters.Count == 0)
            {
                _waiting.Remove(candidate.Id);
            }
        }
    }

    private void Redirect(FaceId from, int to)
    {
        _redirects[from] = _nodes[to].Id;

        // The target answers for another id from now on, so its own removal must leave a redirect too.
        _nodes[to].WasRoot = true;
    }

    private int HighestChild(int slot)
    {
        var best = -1;
        for (var child = _nodes[slot].FirstChild; child >= 0; child = _nodes[child].NextSibling)
        {
            if (best < 0 || _nodes[child].Rank > _nodes[best].Rank)
            {
                best = child;
            }
        }

        return best;
    }

    private int Allocate()
    {
        if (_free.TryPop(out var slot))
        {
            return slot;
        }

        if (_used == _nodes.Length)
        {
            Array.Resize(ref _nodes, _nodes.Length * 2);
        }

        return _used++;
    }

    private struct Node(FaceId id, float magnitude, CandidateList candidates)
    {
        public FaceId Id = id;
        public CandidateList Candidates = candidates;
        public float Magnitude = magnitude;
        public int Parent = -1;
        public int Root = -1;
        public int FirstChild = -1;
        public int NextSibling = -1;
        public int PreviousSibling = -1;
        public SortedSet<FaceRank>? Members;
        public bool WasRoot;

        public readonly FaceRank Rank => new(Magnitude, Id);
    }
}
