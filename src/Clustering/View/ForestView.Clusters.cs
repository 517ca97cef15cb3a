using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <content>Clusters: members, sizes and order.</content>
public sealed partial class ForestView
{
    private readonly SortedSet<ClusterSummary> _bySize = new(ClusterSummary.BySize);
    private readonly SortedSet<ClusterSummary> _byId = new(ClusterSummary.ById);

    private static Comparer<FaceRank> BestFirst { get; } = Comparer<FaceRank>.Create(static (left, right) => right.CompareTo(left));

    private int SizeOf(int root) => _nodes[root].Members?.Count ?? 1;

    /// <summary>Makes a face the centre of a new cluster of one.</summary>
    private void Open(int slot)
    {
        _nodes[slot].Members = null;
        _nodes[slot].WasRoot = true;
        List(new ClusterSummary(_nodes[slot].Id, 1));
    }

    /// <summary>Ends the cluster of a root, whatever it still holds.</summary>
    private void Close(int root)
    {
        Unlist(new ClusterSummary(_nodes[root].Id, SizeOf(root)));
        _nodes[root].Members = null;
    }

    private void Join(int root, int slot)
    {
        var before = SizeOf(root);
        var members = _nodes[root].Members ??= new SortedSet<FaceRank>(BestFirst) { _nodes[root].Rank };
        members.Add(_nodes[slot].Rank);
        Resize(root, before, members.Count);
    }

    private void Leave(int root, int slot)
    {
        var members = _nodes[root].Members!;
        var before = members.Count;
        members.Remove(_nodes[slot].Rank);
        Resize(root, before, before - 1);
        if (members.Count == 1)
        {
            _nodes[root].Members = null;
        }
    }

    private void Resize(int root, int before, int after)
    {
        _bySize.Remove(new ClusterSummary(_nodes[root].Id, before));
        _bySize.Add(new ClusterSummary(_nodes[root].Id, after));
    }

    private void List(ClusterSummary cluster)
    {
        _bySize.Add(cluster);
        _byId.Add(cluster);
    }

    private void Unlist(ClusterSummary cluster)
    {
        _bySize.Remove(cluster);
        _byId.Remove(cluster);
    }
}
