using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <content>Parent links and the movement of subtrees.</content>
public sealed partial class ForestView
{
    private readonly List<int> _subtree = [];

    /// <summary>Chooses the parent of a face again and moves its subtree where the choice has changed.</summary>
    private bool Relink(int slot, FaceId cause, bool quietSplit = false)
    {
        var parent = ChooseParent(slot);
        if (parent == _nodes[slot].Parent)
        {
            return false;
        }

        var oldRoot = _nodes[slot].Root;
        if (_nodes[slot].Parent >= 0)
        {
            Detach(slot);
        }

        if (parent >= 0)
        {
            Attach(slot, parent);
        }

        var newRoot = parent >= 0 ? _nodes[parent].Root : slot;
        if (newRoot == oldRoot)
        {
            return true;
        }

        CollectSubtree(slot);
        if (parent < 0)
        {
            Open(slot);
        }

        var whole = oldRoot == slot;
        if (whole)
        {
            Close(slot);
        }

        foreach (var node in _subtree)
        {
            if (!whole)
            {
                Leave(oldRoot, node);
            }

            if (node != newRoot)
            {
                Join(newRoot, node);
            }

            _nodes[node].Root = newRoot;
        }

        var kind = whole ? ClusterEventKind.Merged : parent < 0 ? ClusterEventKind.Split : ClusterEventKind.Moved;
        if (!(quietSplit && kind == ClusterEventKind.Split))
        {
            Events.Append(kind, _nodes[newRoot].Id, _nodes[oldRoot].Id, cause, _subtree.Count, SizeOf(newRoot));
        }

        return true;
    }

    private void CollectSubtree(int slot)
    {
        _subtree.Clear();
        _subtree.Add(slot);
        for (var i = 0; i < _subtree.Count; i++)
        {
            for (var child = _nodes[_subtree[i]].FirstChild; child >= 0; child = _nodes[child].NextSibling)
            {
                _subtree.Add(child);
            }
        }
    }

    private void Attach(int slot, int parent)
    {
        ref var node = ref _nodes[slot];
        node.Parent = parent;
        node.PreviousSibling = -1;
        node.NextSibling = _nodes[parent].FirstChild;
        if (node.NextSibling >= 0)
        {
            _nodes[node.NextSibling].PreviousSibling = slot;
        }

        _nodes[parent].FirstChild = slot;
    }

    private void Detach(int slot)
    {
        ref var node = ref _nodes[slot];
        if (node.PreviousSibling >= 0)
        {
            _nodes[node.PreviousSibling].NextSibling = node.NextSibling;
        }
        else
        {
            _nodes[node.Parent].FirstChild = node.NextSibling;
        }

        if (node.NextSibling >= 0)
        {
            _nodes[node.NextSibling].PreviousSibling = node.PreviousSibling;
        }

        node.Parent = -1;
        node.NextSibling = -1;
        node.PreviousSibling = -1;
    }
}
