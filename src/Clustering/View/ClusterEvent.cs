using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>What happened to a cluster.</summary>
public enum ClusterEventKind
{
    /// <summary>A cluster appeared around a new face.</summary>
    Created,

    /// <summary>A new face joined.</summary>
    FaceAdded,

    /// <summary>A face was deleted; the cluster goes on.</summary>
    FaceRemoved,

    /// <summary>The whole of the other cluster was absorbed.</summary>
    Merged,

    /// <summary>A part of the other cluster came over; both go on.</summary>
    Moved,

    /// <summary>The cluster appeared out of a part of the other one.</summary>
    Split,

    /// <summary>The centre of the other cluster is gone or has left; this cluster carries on under a new id.</summary>
    Rerooted,

    /// <summary>The last face was deleted.</summary>
    Removed,
}

/// <summary>One change of the clusters, in the order it was applied.</summary>
/// <param name="Sequence">Grows by one from event to event.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Cluster">The cluster that it happened to: the id of its root at that moment.</param>
/// <param name="Other">The cluster that faces came from, or <see cref="FaceId.None"/>.</param>
/// <param name="Cause">The face whose arrival, deletion or new parent caused it.</param>
/// <param name="Faces">How many faces came or went.</param>
/// <param name="Size">Faces of <paramref name="Cluster"/> afterwards.</param>
public readonly record struct ClusterEvent(
    long Sequence, ClusterEventKind Kind, FaceId Cluster, FaceId Other, FaceId Cause, int Faces, int Size);
