using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// The clusters of a <see cref="ForestView"/> under constraints, computed for the trees that a question is about: the same
/// as <see cref="ConstrainedForest"/> over the same faces. A tree without constraints costs nothing more than without.
/// </summary>
/// <remarks>Not safe for concurrent use; ordered with the view by its owner.</remarks>
public sealed class ConstrainedView
{
    private readonly ForestView _view;
    private readonly LiveConstraints _constraints = new();

    /// <param name="view">The forest.</param>
    public ConstrainedView(ForestView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        _view = view;
    }

    /// <summary>Sets what people have said, instead of what they had said before.</summary>
    /// <exception cref="ContradictoryConstraintsException">The constraints cannot all hold; nothing has changed.</exception>
    public void SetConstraints(ConstraintSet constraints)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        constraints.ThrowIfContradictory();
        _constraints.Replace(constraints);
    }

    /// <summary>The cluster of a face: the id of its highest-ranked face.</summary>
    /// <exception cref="KeyNotFoundException">The view does not have the face.</exception>
    public FaceId Cluster(FaceId face) => Members(face)[0].Id;

    /// <summary>The faces of the cluster of a face, highest rank first.</summary>
    /// <exception cref="KeyNotFoundException">The view does not have the face.</exception>
    public IReadOnlyList<FaceRank> Members(FaceId face)
    {
        if (!_view.Contains(face))
        {
            throw new KeyNotFoundException($"There is no face {face}.");
        }

        var faces = TiedTrees(face, out var constrained);
        if (!constrained)
        {
            return faces;
        }

        faces.Sort((a, b) => b.CompareTo(a));
        var rows = new Dictionary<FaceId, int>(faces.Count);
        for (var row = 0; row < faces.Count; row++)
        {
            rows.Add(faces[row].Id, row);
        }

        var parts = TreeCutter.Cut(
            faces.Count, Edges(faces, rows), Pairs(faces, rows, _constraints.Must), Pairs(faces, rows, _constraints.Cannot), []);
        return [.. faces.Where((_, row) => parts[row] == parts[rows[face]])];
    }

    /// <summary>All faces of the trees that must-links tie to the tree of a face.</summary>
    private List<FaceRank> TiedTrees(FaceId face, out bool constrained)
    {
        constrained = false;
        var faces = new List<FaceRank>();
        var seen = new HashSet<FaceId>();
        var waiting = new Queue<FaceId>([face]);
        while (waiting.TryDequeue(out var next))
        {
            if (!_view.TryResolve(next, out var tree) || !seen.Add(tree.Id))
            {
                continue;
            }

            foreach (var member in _view.ListMembers(tree.Id, null, int.MaxValue))
            {
                faces.Add(member);
                constrained |= _constraints.Cannot(member.Id).Count > 0;
                foreach (var other in _constraints.Must(member.Id))
                {
                    if (_view.Contains(other))
                    {
                        constrained = true;
                        waiting.Enqueue(other);
                    }
                }
            }
        }

        return faces;
    }

    private IEnumerable<TreeCutter.Edge> Edges(List<FaceRank> faces, Dictionary<FaceId, int> rows)
    {
        for (var row = 0; row < faces.Count; row++)
        {
            _view.TryGetCandidates(faces[row].Id, out _, out var candidates);
            foreach (var candidate in candidates.Items.ToArray())
            {
                if (rows.TryGetValue(candidate.Id, out var parent))
                {
                    yield return new TreeCutter.Edge(row, parent, candidate.Similarity);
                    break;
                }
            }
        }
    }

    private static IEnumerable<(int Left, int Right)> Pairs(
        List<FaceRank> faces, Dictionary<FaceId, int> rows, Func<FaceId, IReadOnlySet<FaceId>> partners)
    {
        for (var row = 0; row < faces.Count; row++)
        {
            foreach (var other in partners(faces[row].Id))
            {
                if (rows.TryGetValue(other, out var right) && row < right)
                {
                    yield return (row, right);
                }
            }
        }
    }
}
