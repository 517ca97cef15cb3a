using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Two faces, the lower id first.</summary>
public readonly record struct FacePair
{
    /// <summary>Orders the two.</summary>
    /// <exception cref="ArgumentException">Both are the same face.</exception>
    public FacePair(FaceId left, FaceId right)
    {
        if (left == right)
        {
            throw new ArgumentException($"A constraint needs two faces; {left} was given twice.");
        }

        (Left, Right) = left < right ? (left, right) : (right, left);
    }

    /// <summary>The lower id.</summary>
    public FaceId Left { get; }

    /// <summary>The higher id.</summary>
    public FaceId Right { get; }
}

/// <summary>
/// What people have said about pairs of faces. Must-link and cannot-link always hold; the soft kind (two faces of one
/// frame) is evidence that strong similarity may overrule. Constraints name faces, never clusters, so they survive
/// re-clustering.
/// </summary>
public sealed class ConstraintSet
{
    private readonly HashSet<FacePair> _mustLink = [];
    private readonly HashSet<FacePair> _cannotLink = [];
    private readonly HashSet<FacePair> _sameFrame = [];

    /// <summary>No constraints.</summary>
    public static ConstraintSet Empty { get; } = new();

    /// <summary>Pairs that are one person.</summary>
    public IReadOnlySet<FacePair> MustLinks => _mustLink;

    /// <summary>Pairs that are two people.</summary>
    public IReadOnlySet<FacePair> CannotLinks => _cannotLink;

    /// <summary>Pairs seen in one frame.</summary>
    public IReadOnlySet<FacePair> SameFrame => _sameFrame;

    /// <summary>Whether there is none of any kind.</summary>
    public bool IsEmpty => _mustLink.Count + _cannotLink.Count + _sameFrame.Count == 0;

    /// <summary>The two faces are one person.</summary>
    public ConstraintSet MustLink(FaceId left, FaceId right)
    {
        _mustLink.Add(new FacePair(left, right));
        return this;
    }

    /// <summary>The two faces are two people.</summary>
    public ConstraintSet CannotLink(FaceId left, FaceId right)
    {
        _cannotLink.Add(new FacePair(left, right));
        return this;
    }

    /// <summary>The two faces were seen in one frame.</summary>
    public ConstraintSet SeenTogether(FaceId left, FaceId right)
    {
        _sameFrame.Add(new FacePair(left, right));
        return this;
    }

    /// <summary>
    /// The cannot-links that a chain of must-links contradicts, each with that chain (shortest first, ties by id), for
    /// a person to resolve.
    /// </summary>
    public IReadOnlyList<ConstraintConflict> FindConflicts()
    {
        var neighbours = new Dictionary<FaceId, SortedSet<FaceId>>();
        foreach (var pair in _mustLink)
        {
            Add(pair.Left, pair.Right);
            Add(pair.Right, pair.Left);
        }

        var conflicts = new List<ConstraintConflict>();
        foreach (var pair in _cannotLink.OrderBy(p => p.Left).ThenBy(p => p.Right))
        {
            if (ShortestChain(neighbours, pair.Left, pair.Right) is { } chain)
            {
                conflicts.Add(new ConstraintConflict(pair, chain));
            }
        }

        return conflicts;

        void Add(FaceId from, FaceId to)
        {
            if (!neighbours.TryGetValue(from, out var set))
            {
                neighbours.Add(from, set = []);
            }

            set.Add(to);
        }
    }

    /// <summary>Refuses a set that contradicts itself.</summary>
    /// <exception cref="ContradictoryConstraintsException">Names every contradiction.</exception>
    public void ThrowIfContradictory()
    {
        var conflicts = FindConflicts();
        if (conflicts.Count > 0)
        {
            throw new ContradictoryConstraintsException(conflicts);
        }
    }

    private static List<FaceId>? ShortestChain(Dictionary<FaceId, SortedSet<FaceId>> neighbours, FaceId from, FaceId to)
    {
        if (!neighbours.ContainsKey(from) || !neighbours.ContainsKey(to))
        {
            return null;
        }

        var previous = new Dictionary<FaceId, FaceId> { [from] = FaceId.None };
        var queue = new Queue<FaceId>([from]);
        while (queue.TryDequeue(out var at))
        {
            if (at == to)
            {
                var chain = new List<FaceId>();
                for (var step = to; !step.IsNone; step = previous[step])
                {
                    chain.Add(step);
                }

                chain.Reverse();
                return chain;
            }

            foreach (var next in neighbours[at])
            {
                if (previous.TryAdd(next, at))
                {
                    queue.Enqueue(next);
                }
            }
        }

        return null;
    }
}

/// <summary>A cannot-link whose two faces are tied together by must-links.</summary>
/// <param name="CannotLink">The pair that must stay apart.</param>
/// <param name="Chain">Faces from one to the other, each must-linked to the next.</param>
public sealed record ConstraintConflict(FacePair CannotLink, IReadOnlyList<FaceId> Chain)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{CannotLink.Left} and {CannotLink.Right} must be apart, but must-links tie {string.Join(" = ", Chain)}";
}

/// <summary>The constraints cannot all hold.</summary>
public sealed class ContradictoryConstraintsException(IReadOnlyList<ConstraintConflict> conflicts)
    : Exception("Contradictory constraints: " + string.Join("; ", conflicts))
{
    /// <summary>Every contradiction.</summary>
    public IReadOnlyList<ConstraintConflict> Conflicts { get; } = conflicts;
}
