using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The clusters of level two, by row of the <see cref="FaceSet"/>.</summary>
public sealed class GroupResult
{
    private readonly int[] _centres;
    private readonly FaceMarks[] _marks;
    private readonly FaceStanding[] _standings;

    /// <param name="faces">The faces.</param>
    /// <param name="order">Rows of the faces by rank.</param>
    /// <param name="centres">Row of each face's centre.</param>
    /// <param name="standings">How firmly each face sits, by row.</param>
    /// <param name="joins">The joins, with ranks for rows; taken over.</param>
    /// <param name="options">The settings.</param>
    /// <param name="constraints">What was to hold.</param>
    internal GroupResult(
        FaceSet faces, int[] order, int[] centres, FaceStanding[] standings, List<GroupJoin> joins, GroupOptions options, ConstraintSet constraints)
    {
        Faces = faces;
        Constraints = constraints;
        Options = options;
        _centres = centres;
        _standings = standings;
        _marks = new FaceMarks[standings.Length];
        for (var row = 0; row < standings.Length; row++)
        {
            _marks[row] = standings[row].Marks;
        }

        // In place: at a million faces the joins are 50 MB.
        for (var i = 0; i < joins.Count; i++)
        {
            joins[i] = joins[i] with { Into = order[joins[i].Into], From = order[joins[i].From] };
        }

        Joins = joins;
    }

    /// <summary>The faces.</summary>
    public FaceSet Faces { get; }

    /// <summary>The constraints that it was computed with.</summary>
    public ConstraintSet Constraints { get; }

    /// <summary>The settings.</summary>
    public GroupOptions Options { get; }

    /// <summary>Row of each face's centre, the highest-ranked face of its cluster. This is the label.</summary>
    public ReadOnlySpan<int> Centres => _centres;

    /// <summary>Why a face is uncertain, by row.</summary>
    public ReadOnlySpan<FaceMarks> Marks => _marks;

    /// <summary>How firmly a face sits in its cluster, by row.</summary>
    public ReadOnlySpan<FaceStanding> Standings => _standings;

    /// <summary>The joins in the order they were made, with rows of <see cref="Faces"/>.</summary>
    public IReadOnlyList<GroupJoin> Joins { get; }

    /// <summary>The cluster of a row: the id of its centre.</summary>
    public FaceId Cluster(int row) => Faces.Id(_centres[row]);

    /// <summary>Number of clusters.</summary>
    public int ClusterCount => _centres.Where((centre, row) => centre == row).Count();
}
