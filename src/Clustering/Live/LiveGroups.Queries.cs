using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <content>Questions. They need a <see cref="Refresh"/> after the last change.</content>
public sealed partial class LiveGroups
{
    /// <summary>The cluster of a face: the id of its centre.</summary>
    /// <exception cref="KeyNotFoundException">The face is not there.</exception>
    /// <exception cref="InvalidOperationException">Something has changed since the last refresh.</exception>
    public FaceId Cluster(FaceId face) => _faces[FreshCluster(face).Centre].Rank.Id;

    /// <summary>The faces of the cluster of a face, highest rank first.</summary>
    /// <exception cref="KeyNotFoundException">The face is not there.</exception>
    /// <exception cref="InvalidOperationException">Something has changed since the last refresh.</exception>
    public IReadOnlyList<FaceRank> Members(FaceId face) => [.. FreshCluster(face).Members.Select(slot => _faces[slot].Rank)];

    /// <summary>The joins that made the cluster of a face, in their order; ids for rows.</summary>
    /// <exception cref="KeyNotFoundException">The face is not there.</exception>
    /// <exception cref="InvalidOperationException">Something has changed since the last refresh.</exception>
    public IReadOnlyList<LiveJoin> Joins(FaceId face) =>
    [
        .. FreshCluster(face).Joins.Select(recorded => recorded.Join).Select(join => new LiveJoin(
            join.Round, _faces[join.Into].Rank.Id, _faces[join.From].Rank.Id, join.Score, join.Cosine, join.Support)),
    ];

    /// <summary>Why a face is uncertain. Computed when asked, from what is around the face now.</summary>
    /// <exception cref="KeyNotFoundException">The face is not there.</exception>
    /// <exception cref="InvalidOperationException">Something has changed since the last refresh.</exception>
    public FaceMarks Marks(FaceId face)
    {
        var cluster = FreshCluster(face);
        var slot = _slots[face];
        var (own, other) = Compare(slot, cluster);
        return MarkFinder.Judge(IsInConflict(cluster), cluster.Members.Count == 1, _faces[slot].Cosine, own, other, Options);
    }

    private LiveCluster FreshCluster(FaceId face)
    {
        if (IsStale)
        {
            throw new InvalidOperationException("Something has changed since the last refresh.");
        }

        return _slots.TryGetValue(face, out var slot)
            ? _faces[slot].Cluster!
            : throw new KeyNotFoundException($"There is no face {face}.");
    }

    private GroupTraits Single(int slot) =>
        GroupTraits.Of(1, GroupTraits.Square(_faces[slot].Cosine), _faces[slot].Self, _faces[slot].Outward);

    private (double Own, double Other) Compare(int slot, LiveCluster cluster)
    {
        var near = new Dictionary<LiveCluster, (long Support, double Best)>();
        foreach (var (other, similarity) in _lists.Of(slot))
        {
            if ((float)similarity < Options.EdgeFloor)
            {
                break;
            }

            var ratio = JoinModel.LogRatio((float)similarity, _faces[slot].Cosine * _faces[other].Cosine);
            var known = near.GetValueOrDefault(_faces[other].Cluster!, (0, double.NegativeInfinity));
            near[_faces[other].Cluster!] = (known.Support + (2 * JoinModel.EdgeSupport(ratio)), Math.Max(known.Best, ratio));
        }

        var own = double.NegativeInfinity;
        var best = double.NegativeInfinity;
        foreach (var (group, (support, edge)) in near)
        {
            var score = MarkFinder.ScoreOf(Options, Single(slot), group.Traits, ReferenceEquals(group, cluster), Dot(slot, group), support, edge);
            if (ReferenceEquals(group, cluster))
            {
                own = score;
            }
            else
            {
                best = Math.Max(best, score);
            }
        }

        return (own, best);
    }

    private long Dot(int slot, LiveCluster cluster)
    {
        var dot = 0L;
        foreach (var member in cluster.Members)
        {
            dot += IntegerKernel.Dot(Code(slot), Code(member));
        }

        return dot;
    }

    private ReadOnlySpan<short> Code(int slot) => _codes.AsSpan(slot * Dimension, Dimension);

    /// <summary>Whether the evidence would join the cluster to one that a person keeps it apart from.</summary>
    private bool IsInConflict(LiveCluster cluster)
    {
        var apart = new HashSet<LiveCluster>();
        foreach (var member in cluster.Members)
        {
            foreach (var face in _constraints.Cannot(_faces[member].Rank.Id))
            {
                if (_slots.TryGetValue(face, out var slot))
                {
                    apart.Add(_faces[slot].Cluster!);
                }
            }
        }

        return apart.Any(other => ScoreOf(cluster, other) > Options.Strictness);
    }

    /// <summary>Log-odds of the join of two clusters as they are; negative infinity where no edge leads from one to the other.</summary>
    private float ScoreOf(LiveCluster a, LiveCluster b)
    {
        var (support, best, pairs, dot) = (0L, float.NegativeInfinity, 0, 0L);
        foreach (var slot in a.Members)
        {
            dot += Dot(slot, b);
            pairs += _constraints.Frame(_faces[slot].Rank.Id).Count(id => _slots.TryGetValue(id, out var other) && _faces[other].Cluster == b);
            _edges.Clear();
            AddEdges(slot, _edges);
            foreach (var (_, other, edge) in _edges)
            {
                if (_faces[other].Cluster == b)
                {
                    support += edge.Support;
                    best = Math.Max(best, edge.Best);
                }
            }
        }

        return float.IsNegativeInfinity(best)
            ? best
            : GroupTable.ScoreOf(Options, a.Traits, b.Traits, dot, support, best, pairs);
    }
}

/// <summary>One join of a live cluster; see <see cref="GroupJoin"/>.</summary>
/// <param name="Round">Rounds count from 1; 0 stands for a must-link.</param>
/// <param name="Into">Centre that the joined group keeps.</param>
/// <param name="From">Centre that was absorbed.</param>
/// <param name="Score">Log-odds that both were one person.</param>
/// <param name="Cosine">Cosine of the two templates.</param>
/// <param name="Support">Summed probability of the edges between them.</param>
public readonly record struct LiveJoin(int Round, FaceId Into, FaceId From, double Score, double Cosine, double Support);
