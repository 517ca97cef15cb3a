using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <summary>One side of the relation of two groups.</summary>
/// <param name="Support">Summed probability of the edges, fixed point; an integer, so the order of sums does not matter.</param>
/// <param name="BestEdge">Log-likelihood ratio of the best edge.</param>
/// <param name="Score">Log-odds of the join, the same bits on both sides.</param>
internal readonly record struct GroupEdge(int Support, float BestEdge, double Score);

/// <summary>The neighbours of one group in no particular order; nothing that is read from it may depend on the order.</summary>
internal sealed class GroupEdges
{
    private readonly List<int> _others;
    private readonly List<GroupEdge> _edges;

    public GroupEdges(int capacity)
    {
        _others = new List<int>(capacity);
        _edges = new List<GroupEdge>(capacity);
    }

    public int Count => _others.Count;

    public ReadOnlySpan<int> Others => CollectionsMarshal.AsSpan(_others);

    public Span<GroupEdge> Edges => CollectionsMarshal.AsSpan(_edges);

    public int IndexOf(int other) => Others.IndexOf(other);

    /// <summary>Adds an edge, or merges it with the one that leads to the same group.</summary>
    public void Merge(int other, GroupEdge edge)
    {
        var at = IndexOf(other);
        if (at < 0)
        {
            _others.Add(other);
            _edges.Add(edge);
        }
        else
        {
            var known = _edges[at];
            _edges[at] = new GroupEdge(known.Support + edge.Support, Math.Max(known.BestEdge, edge.BestEdge), edge.Score);
        }
    }

    public void Set(int other, GroupEdge edge)
    {
        var at = IndexOf(other);
        if (at < 0)
        {
            _others.Add(other);
            _edges.Add(edge);
        }
        else
        {
            _edges[at] = edge;
        }
    }

    public void Remove(int other)
    {
        var at = IndexOf(other);
        if (at >= 0)
        {
            _others[at] = _others[^1];
            _edges[at] = _edges[^1];
            _others.RemoveAt(_others.Count - 1);
            _edges.RemoveAt(_edges.Count - 1);
        }
    }
}
