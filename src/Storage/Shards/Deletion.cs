using FaceCluster.Core;

namespace FaceCluster.Storage;

/// <summary>
/// Faces that are gone for good. The items of <see cref="Own"/> faces keep their entry, the face marked
/// <see cref="FaceState.Deleted"/>; their embedding, box and links do not survive the next compaction.
/// </summary>
public sealed class Deletion
{
    /// <summary>Deleted faces of this shard.</summary>
    public IReadOnlyList<FaceId> Own { get; init; } = [];

    /// <summary>Deleted faces of other shards, kept so that none of them is taken for a neighbour again.</summary>
    public IReadOnlyList<FaceId> Foreign { get; init; } = [];
}
