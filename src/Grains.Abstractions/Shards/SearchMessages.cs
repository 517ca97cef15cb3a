using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>Nearest-neighbour queries that one scan answers.</summary>
[GenerateSerializer, Immutable, Alias("fc.ShardQuery")]
public sealed record ShardQuery
{
    /// <summary>Raw or unit embeddings: queries x dimension little-endian singles. Only their direction counts.</summary>
    [Id(0)]
    public required ReadOnlyMemory<byte> Embeddings { get; init; }

    /// <summary>Hits wanted per query, 1 to 1,000.</summary>
    [Id(1)]
    public required int Limit { get; init; }

    /// <summary>Only hits with at least this cosine, -1 to 1.</summary>
    [Id(2)]
    public double MinSimilarity { get; init; } = -1;

    /// <summary>Only faces of this camera, or null.</summary>
    [Id(3)]
    public string? Camera { get; init; }

    /// <summary>Only faces captured at or after this time (microseconds since the Unix epoch), or null.</summary>
    [Id(4)]
    public long? CapturedFromMicros { get; init; }

    /// <summary>Only faces captured before this time, or null.</summary>
    [Id(5)]
    public long? CapturedBeforeMicros { get; init; }

    /// <summary>Compare with every face, also where the collection has approximate search.</summary>
    [Id(6)]
    public bool Exact { get; init; }
}

/// <summary>One hit.</summary>
/// <param name="Id">The face.</param>
/// <param name="Similarity">Canonical cosine.</param>
[GenerateSerializer, Immutable, Alias("fc.FaceHit")]
public readonly record struct FaceHit([property: Id(0)] FaceId Id, [property: Id(1)] double Similarity);

/// <summary>The hits of each query, most similar first, ties by face id.</summary>
[GenerateSerializer, Immutable, Alias("fc.ShardHits")]
public sealed record ShardHits
{
    /// <summary>One list per query.</summary>
    [Id(0)]
    public required IReadOnlyList<FaceHit[]> Queries { get; init; }

    /// <summary>Whether a more similar face may be missing; whoever passes the hits on says so, too.</summary>
    [Id(1)]
    public bool IsApproximate { get; init; }
}

/// <summary>A stored face in full.</summary>
[GenerateSerializer, Immutable, Alias("fc.FaceRecord")]
public sealed record FaceRecord
{
    [Id(0)]
    public required FaceId Id { get; init; }

    [Id(1)]
    public required string Camera { get; init; }

    [Id(2)]
    public required long Sequence { get; init; }

    [Id(3)]
    public long CaptureTimeMicros { get; init; }

    [Id(4)]
    public string? TrackId { get; init; }

    [Id(5)]
    public FaceBox? Box { get; init; }

    [Id(6)]
    public float DetectionScore { get; init; }

    /// <summary>Magnitude of the raw embedding: the face's confidence.</summary>
    [Id(7)]
    public float Magnitude { get; init; }

    [Id(8)]
    public bool LowQuality { get; init; }

    [Id(9)]
    public ItemSource Source { get; init; }

    /// <summary>
    /// Its most similar faces of higher rank above the link threshold, most similar first; the first is its parent.
    /// </summary>
    [Id(10)]
    public IReadOnlyList<FaceHit> Candidates { get; init; } = [];

    /// <summary>Whether the face has been compared with every other one.</summary>
    [Id(11)]
    public bool Linked { get; init; }

    /// <summary>The unit embedding, dimension little-endian singles; empty unless asked for.</summary>
    [Id(12)]
    public ReadOnlyMemory<byte> UnitEmbedding { get; init; }
}

/// <summary>One page of a shard's faces, see <see cref="IShardGrain.List"/>.</summary>
[GenerateSerializer, Immutable, Alias("fc.FacePage")]
public sealed record FacePage
{
    [Id(0)]
    public required IReadOnlyList<FaceRecord> Faces { get; init; }

    /// <summary>Where the next page starts, or null at the end of the shard.</summary>
    [Id(1)]
    public long? Next { get; init; }
}
