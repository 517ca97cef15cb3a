using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Level one under constraints: must-links tie trees together, a cannot-link cuts the weakest edge of the path between its
/// faces. Parents and candidates stay as the similarities have them; only what counts as one cluster changes.
/// </summary>
public sealed class ConstrainedForest
{
    private readonly int[] _roots;

    private ConstrainedForest(Forest forest, int[] roots, IReadOnlyList<ForestCut> cuts)
    {
        Forest = forest;
        _roots = roots;
        Cuts = cuts;
    }

    /// <summary>The forest without constraints.</summary>
    public Forest Forest { get; }

    /// <summary>Row of the centre of each face's cluster, the highest-ranked face of it.</summary>
    public ReadOnlySpan<int> Roots => _roots;

    /// <summary>The edges that constraints cut, by falling similarity.</summary>
    public IReadOnlyList<ForestCut> Cuts { get; }

    /// <summary>The cluster of a row: the id of its centre.</summary>
    public FaceId Cluster(int row) => Forest.Faces.Id(_roots[row]);

    /// <summary>Applies constraints to a forest. Pairs with a face that is not in it are left out.</summary>
    /// <exception cref="ContradictoryConstraintsException">The constraints cannot all hold.</exception>
    public static ConstrainedForest Apply(Forest forest, ConstraintSet constraints)
    {
        ArgumentNullException.ThrowIfNull(forest);
        ArgumentNullException.ThrowIfNull(constraints);
        constraints.ThrowIfContradictory();
        var faces = forest.Faces;
        var order = BatchForest.ByRank(faces);
        var places = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            places[order[i]] = i;
        }

        var edges = new List<TreeCutter.Edge>();
        for (var row = 0; row < faces.Count; row++)
        {
            if (forest.Parents[row] is var parent and >= 0)
            {
                edges.Add(new TreeCutter.Edge(places[row], places[parent], forest.Candidates[row].Items[0].Similarity));
            }
        }

        var cuts = new List<TreeCutter.Edge>();
        var parts = TreeCutter.Cut(faces.Count, edges, Rows(constraints.MustLinks), Rows(constraints.CannotLinks), cuts);
        var roots = new int[faces.Count];
        for (var row = 0; row < roots.Length; row++)
        {
            roots[row] = order[parts[places[row]]];
        }

        return new ConstrainedForest(
            forest, roots, [.. cuts.Select(cut => new ForestCut(faces.Id(order[cut.Child]), faces.Id(order[cut.Parent]), cut.Similarity))]);

        IEnumerable<(int Left, int Right)> Rows(IReadOnlySet<FacePair> pairs) =>
            from pair in pairs
            where forest.Rows.ContainsKey(pair.Left) && forest.Rows.ContainsKey(pair.Right)
            select (places[forest.Rows[pair.Left]], places[forest.Rows[pair.Right]]);
    }
}

/// <summary>An edge of the forest that a constraint cut.</summary>
/// <param name="Child">The face.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="Similarity">Their canonical similarity.</param>
public readonly record struct ForestCut(FaceId Child, FaceId Parent, double Similarity);
