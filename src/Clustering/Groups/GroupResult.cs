using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The clusters of level two, by row of the <see cref="FaceSet"/>.</summary>
public sealed class GroupResult
{
    private readonly int[] _centres;
    private readonly FaceMarks[] _marks;

    internal GroupResult(FaceSet faces, int[] order, int[] labels, FaceMarks[] marks, IReadOnlyList<GroupJoin> joins, GroupOptions options)
    {
        Faces = faces;
        Options = options;
        _centres = new int[labels.Length];
        _marks = new FaceMarks[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            _centres[order[i]] = order[labels[i]];
            _marks[order[i]] = marks[i];
        }

        Joins = [.. joins.Select(j => j with { Into = order[j.Into], From = order[j.From] })];
    }

    /// <summary>The faces.</summary>
    public FaceSet Faces { get; }

    /// <summary>The settings.</summary>
    public GroupOptions Options { get; }

    /// <summary>Row of each face's centre, the highest-ranked face of its cluster. This is the label.</summary>
    public ReadOnlySpan<int> Centres => _centres;

    /// <summary>Why a face is uncertain, by row.</summary>
    public ReadOnlySpan<FaceMarks> Marks => _marks;

    /// <summary>The joins in the order they were made, with rows of <see cref="Faces"/>.</summary>
    public IReadOnlyList<GroupJoin> Joins { get; }

    /// <summary>The cluster of a row: the id of its centre.</summary>
    public FaceId Cluster(int row) => Faces.Id(_centres[row]);

    /// <summary>Number of clusters.</summary>
    public int ClusterCount => _centres.Where((centre, row) => centre == row).Count();
}
