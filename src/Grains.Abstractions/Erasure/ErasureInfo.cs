namespace FaceCluster.Grains;

/// <summary>How far an erasure is. Every phase may be repeated without harm.</summary>
public enum ErasurePhase : byte
{
    /// <summary>Faces and identity leave search, clusters, galleries and the candidate lists of other faces.</summary>
    Deleting = 0,

    /// <summary>The stores of the shards are rewritten without them.</summary>
    Rewriting = 1,

    /// <summary>The metadata is rewritten without them.</summary>
    Scrubbing = 2,

    /// <summary>Nothing is left to do.</summary>
    Done = 3,
}

/// <summary>One erasure, and in the end its receipt. It names no face and, when it is done, no identity.</summary>
[GenerateSerializer, Immutable, Alias("fc.ErasureInfo")]
public sealed record ErasureInfo
{
    /// <summary>The id that the caller chose.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The identity that goes, or null: there was none, or it is gone.</summary>
    [Id(1)]
    public string? Identity { get; init; }

    /// <summary>What is being done.</summary>
    [Id(2)]
    public ErasurePhase Phase { get; init; }

    /// <summary>Faces that were asked for, each counted once.</summary>
    [Id(3)]
    public int RequestedFaces { get; init; }

    /// <summary>Those of them that existed when the erasure started.</summary>
    [Id(4)]
    public int FoundFaces { get; init; }

    /// <summary>Identities that go: 0 or 1.</summary>
    [Id(5)]
    public int Identities { get; init; }

    /// <summary>SHA-256 over the 16-byte big-endian face ids in ascending order, lower-case hexadecimal.</summary>
    [Id(6)]
    public required string FacesSha256 { get; init; }

    /// <summary>Chunks of faces that are deleted.</summary>
    [Id(7)]
    public int ChunksDeleted { get; init; }

    /// <summary>Chunks of faces in all.</summary>
    [Id(8)]
    public int Chunks { get; init; }

    /// <summary>When the stores were rewritten, in order of <see cref="RewrittenShards"/>, microseconds since the Unix epoch.</summary>
    [Id(9)]
    public IReadOnlyList<long> ShardsRewrittenMicros { get; init; } = [];

    /// <summary>Stores to rewrite: the shards of the collection, and those that took the place of one of them meanwhile.</summary>
    [Id(10)]
    public int Shards { get; init; }

    /// <summary>When the erasure was started, microseconds since the Unix epoch.</summary>
    [Id(11)]
    public long CreatedMicros { get; init; }

    /// <summary>When faces and identity were gone from memory and answers; 0 before.</summary>
    [Id(12)]
    public long DeletedMicros { get; init; }

    /// <summary>When everything was done; 0 before.</summary>
    [Id(13)]
    public long FinishedMicros { get; init; }

    /// <summary>Why the latest attempt failed, one sentence; null where none did. It is repeated until it succeeds.</summary>
    [Id(14)]
    public string? LastFailure { get; init; }

    /// <summary>Numbers of the shards whose stores were rewritten; null in one written before shards could be split, where they count from 0.</summary>
    [Id(15)]
    public IReadOnlyList<int>? RewrittenShards { get; init; }

    /// <summary>Steps done so far.</summary>
    public int StepsDone => ChunksDeleted + ShardsRewrittenMicros.Count + (Phase == ErasurePhase.Done ? 1 : 0);

    /// <summary>Steps in all.</summary>
    public int Steps => Chunks + Shards + 1;
}
