using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>A cluster with an id that outlives re-clustering.</summary>
/// <param name="Id">Minted once; never given to another cluster.</param>
/// <param name="Name">What people call it, or null.</param>
/// <param name="Faces">Its members.</param>
public sealed record ClusterIdentity(FaceId Id, string? Name, IReadOnlySet<FaceId> Faces);

/// <summary>What a re-clustering did to an identity.</summary>
public enum LineageKind
{
    /// <summary>A cluster that continues none of the old ones.</summary>
    Created,

    /// <summary>All faces of an old cluster went to others, the largest part to <see cref="LineageEvent.To"/>.</summary>
    Merged,

    /// <summary>A new cluster made of faces of an old one, which goes on.</summary>
    Split,

    /// <summary>Faces went from one continuing cluster to another.</summary>
    Moved,

    /// <summary>None of its faces is there any more.</summary>
    Removed,
}

/// <summary>One change of a re-clustering; applying the events backwards restores the state before.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="From">The old cluster, or <see cref="FaceId.None"/>.</param>
/// <param name="To">The new cluster, or <see cref="FaceId.None"/>.</param>
/// <param name="Faces">The faces that changed hands.</param>
/// <param name="Cause">Why: the text that the caller gave for the re-clustering.</param>
public sealed record LineageEvent(LineageKind Kind, FaceId From, FaceId To, IReadOnlyList<FaceId> Faces, string Cause);
