using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The forest of a set of faces: candidates, parents, roots and marks, by row of the <see cref="FaceSet"/>.</summary>
public sealed class Forest
{
    private readonly int[] _parents;
    private readonly int[] _roots;

    internal Forest(FaceSet faces, ForestOptions options, CandidateList[] candidates)
    {
        Faces = faces;
        Options = options;
        Candidates = candidates;
        var rows = new Dictionary<FaceId, int>(faces.Count);
        for (var i = 0; i < faces.Count; i++)
        {
            rows.Add(faces.Id(i), i);
        }

        Rows = rows;
        _parents = new int[faces.Count];
        for (var i = 0; i < faces.Count; i++)
        {
            _parents[i] = candidates[i].Count == 0 ? -1 : rows[candidates[i].ParentId];
        }

        _roots = FindRoots(_parents);
    }

    /// <summary>The faces.</summary>
    public FaceSet Faces { get; }

    /// <summary>The settings.</summary>
    public ForestOptions Options { get; }

    /// <summary>The candidate list of each row.</summary>
    public IReadOnlyList<CandidateList> Candidates { get; }

    /// <summary>Row of each id.</summary>
    public IReadOnlyDictionary<FaceId, int> Rows { get; }

    /// <summary>Row of each face's parent, or -1 for a centre.</summary>
    public ReadOnlySpan<int> Parents => _parents;

    /// <summary>Row of each face's root; the row itself for a centre. This is the label of level one.</summary>
    public ReadOnlySpan<int> Roots => _roots;

    /// <summary>The cluster of a row: the id of its root.</summary>
    public FaceId Cluster(int row) => Faces.Id(_roots[row]);

    /// <summary>The marks of a row under level one.</summary>
    public FaceMarks Marks(int row)
    {
        var marks = Faces.Magnitudes[row] < Options.QualityGate ? FaceMarks.LowQuality : FaceMarks.None;
        var list = Candidates[row];
        for (var i = 1; i < list.Count; i++)
        {
            if (list.Items[0].Similarity - list.Items[i].Similarity <= Options.Margin
                && _roots[Rows[list.Items[i].Id]] != _roots[row])
            {
                return marks | FaceMarks.Ambiguous;
            }
        }

        return marks;
    }

    /// <summary>Follows parents to the roots; every parent pointer must lead upwards in a finite number of steps.</summary>
    internal static int[] FindRoots(ReadOnlySpan<int> parents)
    {
        var roots = new int[parents.Length];
        Array.Fill(roots, -1);
        var path = new List<int>();
        for (var i = 0; i < parents.Length; i++)
        {
            var at = i;
            while (roots[at] < 0 && parents[at] >= 0)
            {
                path.Add(at);
                at = parents[at];
            }

            var root = roots[at] < 0 ? at : roots[at];
            roots[at] = root;
            foreach (var node in path)
            {
                roots[node] = root;
            }

            path.Clear();
        }

        return roots;
    }
}
