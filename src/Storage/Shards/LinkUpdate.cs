using FaceCluster.Core;

namespace FaceCluster.Storage;

/// <summary>A higher-ranked neighbour of a face.</summary>
/// <param name="Face">The neighbour, of this or any other shard.</param>
/// <param name="Similarity">Canonical similarity of the two faces.</param>
public readonly record struct CandidateEntry(FaceId Face, double Similarity);

/// <summary>The whole candidate list of a face; it replaces the list stored before.</summary>
/// <param name="Face">A face of this shard.</param>
/// <param name="Candidates">The candidates in their order; at most <see cref="ShardLimits.MaxCandidates"/>, possibly none.</param>
public readonly record struct LinkEntry(FaceId Face, ReadOnlyMemory<CandidateEntry> Candidates);

/// <summary>
/// One atomic change of the links of a shard: first the lists are replaced, then the marks are set. A face is pending
/// from its append until it is in <see cref="Linked"/>, and again from being in <see cref="Dirty"/>.
/// </summary>
public sealed class LinkUpdate
{
    /// <summary>The lists that changed.</summary>
    public IReadOnlyList<LinkEntry> Changed { get; init; } = [];

    /// <summary>Faces of this shard whose own query is complete.</summary>
    public IReadOnlyList<FaceId> Linked { get; init; } = [];

    /// <summary>Faces of this shard that have to query again.</summary>
    public IReadOnlyList<FaceId> Dirty { get; init; } = [];
}
