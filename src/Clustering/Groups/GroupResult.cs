using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The clusters of level two, by row of the <see cref="FaceSet"/>.</summary>
public sealed class GroupResult
{
    private readonly int[] _centres;
    private readonly FaceMarks[] _marks;
    private readonly FaceStanding[] _standings;

    internal GroupResult(FaceSet faces, int[] order, int[] labels, FaceStanding[] standings, List<GroupJoin> joins, GroupOptions options)
    {
        Faces = faces;
        Options = options;
        _centres = new int[labels.Length];
        _marks = new FaceMarks[labels.Length];
        _standings = new FaceStanding[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            _centres[order[i]] = order[labels[i]];
            _marks[order[i]] = standings[i].Marks;
            _standings[order[i]] = standings[i].OtherCentre < 0 ? standings[i] : standings[i] with { OtherCentre = order[standings[i].OtherCentre] };
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
