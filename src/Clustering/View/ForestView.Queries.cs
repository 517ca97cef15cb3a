using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <content>Reading: clusters, members, paths, redirects.</content>
public sealed partial class ForestView
{
    /// <summary>
    /// The cluster that an id stands for: that of the face where it is there, else where the redirects of deleted
    /// centres lead.
    /// </summary>
    public bool TryResolve(FaceId id, out ClusterSummary cluster)
    {
        var at = id;
        while (!_slots.ContainsKey(at))
        {
            if (!_redirects.TryGetValue(at, out at))
            {
                cluster = default;
                return false;
            }
        }

        // Point every id on the way straight at the face that was found.
        for (var step = id; step != at && _redirects.TryGetValue(step, out var next); step = next)
        {
            _redirects[step] = at;
        }

        var root = _nodes[_slots[at]].Root;
        cluster = new ClusterSummary(_nodes[root].Id, SizeOf(root));
        return true;
    }

    /// <summary>Up to <paramref name="limit"/> clusters, largest first, that come after <paramref name="after"/>.</summary>
    /// <param name="after">The last cluster of the page before, or null for the first page. It need not exist any more.</param>
    /// <param name="limit">Length of the page.</param>
    /// <param name="minimumSize">Smaller clusters are left out.</param>
    public IReadOnlyList<ClusterSummary> ListBySize(ClusterSummary? after, int limit, int minimumSize = 1)
    {
        var page = new List<ClusterSummary>();
        var rest = after is { } last ? _bySize.GetViewBetween(last, new ClusterSummary(MaximumId, 0)) : _bySize;
        foreach (var cluster in rest)
        {
            if (page.Count >= limit || cluster.Size < minimumSize)
            {
                break;
            }

            if (cluster != after)
            {
                page.Add(cluster);
            }
        }

        return page;
    }

    /// <summary>Up to <paramref name="limit"/> clusters in the order of their ids, with ids above <paramref name="after"/>.</summary>
    public IReadOnlyList<ClusterSummary> ListById(FaceId after, int limit)
    {
        var page = new List<ClusterSummary>();
        foreach (var cluster in _byId.GetViewBetween(new ClusterSummary(after, 0), new ClusterSummary(MaximumId, 0)))
        {
            if (page.Count >= limit)
            {
                break;
            }

            if (cluster.Id != after)
            {
                page.Add(cluster with { Size = SizeOf(_slots[cluster.Id]) });
            }
        }

        return page;
    }

    /// <summary>Up to <paramref name="limit"/> members of a cluster, highest rank first, below <paramref name="after"/>.</summary>
    /// <param name="cluster">Any id that <see cref="TryResolve"/> knows.</param>
    /// <param name="after">The last member of the page before, or null.</param>
    /// <param name="limit">Length of the page.</param>
    /// <returns>Empty where the id is unknown.</returns>
    public IReadOnlyList<FaceRank> ListMembers(FaceId cluster, FaceRank? after, int limit)
    {
        var page = new List<FaceRank>();
        if (!TryResolve(cluster, out var found))
        {
            return page;
        }

        ref var root = ref _nodes[_slots[found.Id]];
        if (root.Members is null)
        {
            if (limit > 0 && (after is null || root.Rank < after))
            {
                page.Add(root.Rank);
            }

            return page;
        }

        var rest = after is { } last ? root.Members.GetViewBetween(last, new FaceRank(float.NegativeInfinity, FaceId.None)) : root.Members;
        foreach (var member in rest)
        {
            if (page.Count >= limit)
            {
                break;
            }

            if (member != after)
            {
                page.Add(member);
            }
        }

        return page;
    }

    /// <summary>The way from a face to its root, the face first; empty where the face is unknown.</summary>
    public IReadOnlyList<PathHop> PathToRoot(FaceId face)
    {
        var path = new List<PathHop>();
        for (var slot = _slots.GetValueOrDefault(face, -1); slot >= 0; slot = _nodes[slot].Parent)
        {
            ref var node = ref _nodes[slot];
            path.Add(node.Parent < 0
                ? new PathHop(node.Rank, FaceId.None, 0)
                : new PathHop(node.Rank, _nodes[node.Parent].Id, SimilarityTo(node.Candidates, _nodes[node.Parent].Id)));
        }

        return path;
    }

    /// <summary>The candidates of a face, for explanations; false where the face is unknown.</summary>
    public bool TryGetCandidates(FaceId face, out FaceRank rank, out CandidateList candidates)
    {
        if (!_slots.TryGetValue(face, out var slot))
        {
            rank = default;
            candidates = default;
            return false;
        }

        rank = _nodes[slot].Rank;
        candidates = _nodes[slot].Candidates;
        return true;
    }

    /// <summary>The marks of a face as of now; <see cref="FaceMarks.None"/> where it is unknown.</summary>
    public FaceMarks Marks(FaceId face)
    {
        if (!_slots.TryGetValue(face, out var slot))
        {
            return FaceMarks.None;
        }

        ref var node = ref _nodes[slot];
        var marks = node.Magnitude < Options.QualityGate ? FaceMarks.LowQuality : FaceMarks.None;
        for (var i = 1; i < node.Candidates.Count; i++)
        {
            var other = node.Candidates.Items[i];
            if (node.Candidates.Items[0].Similarity - other.Similarity <= Options.Margin
                && _slots.TryGetValue(other.Id, out var neighbour)
                && _nodes[neighbour].Root != node.Root)
            {
                return marks | FaceMarks.Ambiguous;
            }
        }

        return marks;
    }

    /// <summary>The redirects of deleted centres, to be kept by an owner that rebuilds the view.</summary>
    public IReadOnlyDictionary<FaceId, FaceId> Redirects => _redirects;

    /// <summary>Takes over a redirect that an earlier view had.</summary>
    public void RestoreRedirect(FaceId from, FaceId to)
    {
        if (!_slots.ContainsKey(from) && from != to)
        {
            _redirects[from] = to;
        }
    }

    private static FaceId MaximumId => new(ulong.MaxValue, ulong.MaxValue);

    private static double SimilarityTo(in CandidateList candidates, FaceId id)
    {
        foreach (var candidate in candidates.Items)
        {
            if (candidate.Id == id)
            {
                return candidate.Similarity;
            }
        }

        return 0;
    }
}
