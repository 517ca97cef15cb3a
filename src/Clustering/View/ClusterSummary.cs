using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>A cluster in a list.</summary>
/// <param name="Id">The id of its root.</param>
/// <param name="Size">Number of faces, at least 1.</param>
public readonly record struct ClusterSummary(FaceId Id, int Size)
{
    /// <summary>Largest first, equal sizes by id.</summary>
    public static IComparer<ClusterSummary> BySize { get; } = Comparer<ClusterSummary>.Create(static (left, right) =>
    {
        var order = right.Size.CompareTo(left.Size);
        return order != 0 ? order : left.Id.CompareTo(right.Id);
    });

    /// <summary>By id alone.</summary>
    public static IComparer<ClusterSummary> ById { get; } =
        Comparer<ClusterSummary>.Create(static (left, right) => left.Id.CompareTo(right.Id));
}

/// <summary>One step of the way from a face to its root.</summary>
/// <param name="Face">The face of this step, with its rank.</param>
/// <param name="Parent">The face it is connected to, or <see cref="FaceId.None"/> at the root.</param>
/// <param name="Similarity">Canonical cosine to the parent; 0 at the root.</param>
public readonly record struct PathHop(FaceRank Face, FaceId Parent, double Similarity);
