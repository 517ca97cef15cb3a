using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>A named set of faces.</summary>
[GenerateSerializer, Immutable, Alias("fc.IdentityInfo")]
public sealed record IdentityInfo
{
    /// <summary>32 lower-case hexadecimal digits, or the caller's own id (1 to 63 characters of a-z, 0-9 and hyphen).</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The name shown, at most 200 characters.</summary>
    [Id(1)]
    public required string DisplayName { get; init; }

    /// <summary>Free labels, at most 64 pairs.</summary>
    [Id(2)]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its faces, highest rank first.</summary>
    [Id(3)]
    public IReadOnlyList<FaceId> Faces { get; init; } = [];

    [Id(4)]
    public long CreatedMicros { get; init; }

    [Id(5)]
    public long UpdatedMicros { get; init; }

    /// <summary>Changes with every change.</summary>
    [Id(6)]
    public required string Etag { get; init; }
}

/// <summary>Somebody whom a query may show.</summary>
[GenerateSerializer, Immutable, Alias("fc.IdentityCandidate")]
public sealed record IdentityCandidate
{
    [Id(0)]
    public required string IdentityId { get; init; }

    [Id(1)]
    public required string DisplayName { get; init; }

    /// <summary>The larger of the two cosines below.</summary>
    [Id(2)]
    public required double Similarity { get; init; }

    /// <summary>Cosine to the magnitude-weighted template.</summary>
    [Id(3)]
    public double TemplateSimilarity { get; init; }

    /// <summary>The most similar single face of the identity, and its cosine.</summary>
    [Id(4)]
    public FaceHit BestFace { get; init; }
}
