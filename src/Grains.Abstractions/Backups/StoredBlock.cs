namespace FaceCluster.Grains;

/// <summary>An item as it is stored, with its answer: what a backup keeps of it.</summary>
[GenerateSerializer, Immutable, Alias("fc.StoredItem")]
public sealed record StoredItem
{
    /// <summary>The item as it came; its faces are left out.</summary>
    [Id(0)]
    public required IngestItem Item { get; init; }

    /// <summary>Numbers skipped before it, as first answered.</summary>
    [Id(1)]
    public long GapBefore { get; init; }

    /// <summary>Its faces by index. A deleted one has nothing but its id.</summary>
    [Id(2)]
    public IReadOnlyList<StoredFace> Faces { get; init; } = [];
}

/// <summary>Items of one camera as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("fc.StoredBlock")]
public sealed record StoredBlock
{
    /// <summary>The camera; decides the shard.</summary>
    [Id(0)]
    public required string Camera { get; init; }

    /// <summary>1 to 32 items with distinct sequence numbers.</summary>
    [Id(1)]
    public required IReadOnlyList<StoredItem> Items { get; init; }

    /// <summary>The raw embeddings of the faces that are not deleted, in order, bit by bit as they came: faces x dimension little-endian singles.</summary>
    [Id(2)]
    public required ReadOnlyMemory<byte> Embeddings { get; init; }
}
