namespace FaceCluster.Grains;

/// <summary>How an approximate index is built.</summary>
public enum ApproximateStructure : byte
{
    /// <summary>Inverted lists of whole vectors: 4 d bytes a face beside the shard's own copy.</summary>
    IvfFlat = 0,

    /// <summary>Inverted lists of 8-bit codes: d bytes a face.</summary>
    IvfSq8 = 1,

    /// <summary>A small-world graph: fastest search, slowest build, and deleted faces leave it only when it is built anew.</summary>
    Hnsw = 2,
}

/// <summary>
/// Lets searches of shards past a size be answered by a native (Faiss) index. Nearer faces may then be missing from an
/// answer, and every answer says so. Only searches: what is linked to what is always decided by exact comparison.
/// </summary>
[GenerateSerializer, Immutable, Alias("fc.ApproximateSearchSettings")]
public sealed record ApproximateSearchSettings
{
    /// <summary>Which structure.</summary>
    [Id(0)]
    public ApproximateStructure Structure { get; init; }

    /// <summary>Shards with fewer faces stay exact, 10,000 to 100,000,000.</summary>
    [Id(1)]
    public int MinFaces { get; init; } = 1_000_000;

    /// <summary>Inverted lists, 1 to 65,536 and at most a fortieth of <see cref="MinFaces"/>; 0 lets the shard choose.</summary>
    [Id(2)]
    public int Lists { get; init; }

    /// <summary>Inverted lists read per query, 1 to 65,536.</summary>
    [Id(3)]
    public int Probes { get; init; } = 32;

    /// <summary>Links per face of the graph, 4 to 128.</summary>
    [Id(4)]
    public int Links { get; init; } = 16;

    /// <summary>Breadth of the graph search while building, 8 to 4,096.</summary>
    [Id(5)]
    public int BuildBreadth { get; init; } = 200;

    /// <summary>Breadth of the graph search of a query, 8 to 4,096.</summary>
    [Id(6)]
    public int SearchBreadth { get; init; } = 64;
}
