using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>Faces that look for their place: every shard compares them with every face it has.</summary>
[GenerateSerializer, Immutable, Alias("fc.LinkRequest")]
public sealed record LinkRequest
{
    /// <summary>The faces, at most 64.</summary>
    [Id(0)]
    public required IReadOnlyList<FaceId> Ids { get; init; }

    /// <summary>Their magnitudes; with the id this is the rank.</summary>
    [Id(1)]
    public required IReadOnlyList<float> Magnitudes { get; init; }

    /// <summary>Their unit vectors: faces x dimension little-endian singles.</summary>
    [Id(2)]
    public required ReadOnlyMemory<byte> Units { get; init; }
}

/// <summary>
/// What one shard found. The offers that the new faces made to this shard's lower-ranked faces are already applied and
/// durable when this is returned.
/// </summary>
[GenerateSerializer, Immutable, Alias("fc.LinkAnswer")]
public sealed record LinkAnswer
{
    /// <summary>Per face the most similar faces of higher rank above the link threshold, most similar first.</summary>
    [Id(0)]
    public required IReadOnlyList<FaceHit[]> Candidates { get; init; }
}

/// <summary>How a shard is doing.</summary>
[GenerateSerializer, Immutable, Alias("fc.ShardStatus")]
public sealed record ShardStatus
{
    [Id(0)]
    public required int Shard { get; init; }

    [Id(1)]
    public long Faces { get; init; }

    [Id(2)]
    public long Items { get; init; }

    /// <summary>Faces acknowledged but not yet compared with all others.</summary>
    [Id(3)]
    public long Unlinked { get; init; }

    /// <summary>Everything acknowledged up to this position is clustered.</summary>
    [Id(4)]
    public long LinkedThroughLsn { get; init; }

    /// <summary>The position of the latest write that was acknowledged: what a reader may ask to see.</summary>
    [Id(5)]
    public long LastLsn { get; init; }

    /// <summary>Bytes held in memory for vectors and tables.</summary>
    [Id(6)]
    public long MemoryBytes { get; init; }

    /// <summary>Milliseconds from the acknowledgement of the latest linked face to its place in the forest.</summary>
    [Id(7)]
    public double LinkLagMilliseconds { get; init; }

    /// <summary>The silo that carries the shard, in the form that <see cref="IShardGrain.Move"/> takes.</summary>
    [Id(8)]
    public string Silo { get; init; } = string.Empty;

    /// <summary>How often the shard has been opened: the number that fences earlier owners.</summary>
    [Id(9)]
    public long Epoch { get; init; }

    /// <summary>Whether the shard is being split.</summary>
    [Id(10)]
    public bool Splitting { get; init; }
}
