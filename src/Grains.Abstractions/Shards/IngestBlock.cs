using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>What an item carried.</summary>
public enum ItemSource : byte
{
    /// <summary>A whole picture in which faces were detected.</summary>
    Frame = 0,

    /// <summary>An aligned 112x112 crop.</summary>
    Crop = 1,

    /// <summary>A ready embedding.</summary>
    Embedding = 2,

    /// <summary>A picture enrolled for an identity.</summary>
    Enrolment = 3,
}

/// <summary>A box in pixels of the picture, origin top left.</summary>
[GenerateSerializer, Immutable, Alias("fc.FaceBox")]
public readonly record struct FaceBox(
    [property: Id(0)] float Left,
    [property: Id(1)] float Top,
    [property: Id(2)] float Width,
    [property: Id(3)] float Height);

/// <summary>One face of an item, before it has an id. Its embedding stands in <see cref="IngestBlock.Embeddings"/>.</summary>
[GenerateSerializer, Immutable, Alias("fc.FaceObservation")]
public sealed record FaceObservation
{
    /// <summary>Where in the picture, or null where the sender did not say.</summary>
    [Id(0)]
    public FaceBox? Box { get; init; }

    /// <summary>Detector's score, 0 to 1; 1 where no detector ran.</summary>
    [Id(1)]
    public float DetectionScore { get; init; } = 1;
}

/// <summary>One item of a camera: a frame, a crop or an embedding, with the faces found in it.</summary>
[GenerateSerializer, Immutable, Alias("fc.IngestItem")]
public sealed record IngestItem
{
    /// <summary>The camera's own number of the item; with the camera it is the item's identity.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>Capture time, microseconds since the Unix epoch, UTC.</summary>
    [Id(1)]
    public long CaptureTimeMicros { get; init; }

    /// <summary>The tracker's id, or null.</summary>
    [Id(2)]
    public string? TrackId { get; init; }

    /// <summary>Digest of the payload; tells a repeat from another item under the same number.</summary>
    [Id(3)]
    public ulong PayloadDigest { get; init; }

    /// <summary>What the item carried.</summary>
    [Id(4)]
    public ItemSource Source { get; init; }

    /// <summary>The faces, in detection order; may be empty.</summary>
    [Id(5)]
    public IReadOnlyList<FaceObservation> Faces { get; init; } = [];

    /// <summary>Number of faces found beyond the limit of faces per frame, and therefore not stored.</summary>
    [Id(6)]
    public int FacesOverLimit { get; init; }
}

/// <summary>Items of one camera that are committed together.</summary>
[GenerateSerializer, Immutable, Alias("fc.IngestBlock")]
public sealed record IngestBlock
{
    /// <summary>The camera; decides the shard.</summary>
    [Id(0)]
    public required string Camera { get; init; }

    /// <summary>1 to 32 items with distinct sequence numbers.</summary>
    [Id(1)]
    public required IReadOnlyList<IngestItem> Items { get; init; }

    /// <summary>
    /// The raw embeddings of all faces of all items, in order: faces x dimension little-endian singles, at most 64 KiB
    /// unless an item alone has more faces. Finite, not all zero (the gateway has checked; the shard refuses the block).
    /// </summary>
    [Id(2)]
    public required ReadOnlyMemory<byte> Embeddings { get; init; }
}

/// <summary>What became of one item.</summary>
public enum ItemStatus : byte
{
    /// <summary>Stored by this call.</summary>
    Stored = 0,

    /// <summary>Stored by an earlier call; this is the first answer again.</summary>
    Repeated = 1,

    /// <summary>The number was used by an item with another payload; nothing is stored.</summary>
    SequenceReused = 2,
}

/// <summary>A stored face as the acknowledgement names it.</summary>
[GenerateSerializer, Immutable, Alias("fc.StoredFace")]
public sealed record StoredFace
{
    /// <summary>The id.</summary>
    [Id(0)]
    public required FaceId Id { get; init; }

    /// <summary>Where in the picture, or null.</summary>
    [Id(1)]
    public FaceBox? Box { get; init; }

    /// <summary>Detector's score, 0 to 1.</summary>
    [Id(2)]
    public float DetectionScore { get; init; }

    /// <summary>Magnitude of the raw embedding.</summary>
    [Id(3)]
    public float Magnitude { get; init; }

    /// <summary>Whether the magnitude is under the collection's quality gate: kept, but marked uncertain.</summary>
    [Id(4)]
    public bool LowQuality { get; init; }

    /// <summary>Whether the face has been deleted since.</summary>
    [Id(5)]
    public bool Deleted { get; init; }
}

/// <summary>The answer for one item.</summary>
[GenerateSerializer, Immutable, Alias("fc.ItemAnswer")]
public sealed record ItemAnswer
{
    /// <summary>The item's number.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>What became of it.</summary>
    [Id(1)]
    public required ItemStatus Status { get; init; }

    /// <summary>Its faces; empty where <see cref="Status"/> is <see cref="ItemStatus.SequenceReused"/>.</summary>
    [Id(2)]
    public IReadOnlyList<StoredFace> Faces { get; init; } = [];

    /// <summary>Numbers skipped since the camera's highest earlier number: 0 where there is no gap.</summary>
    [Id(3)]
    public long GapBefore { get; init; }

    /// <summary>Faces found beyond the limit of faces per frame, and therefore not stored.</summary>
    [Id(4)]
    public int FacesOverLimit { get; init; }
}

/// <summary>The answer to a block; the items' effects are durable.</summary>
[GenerateSerializer, Immutable, Alias("fc.BlockAnswer")]
public sealed record BlockAnswer
{
    /// <summary>One answer per item, in order.</summary>
    [Id(0)]
    public required IReadOnlyList<ItemAnswer> Items { get; init; }

    /// <summary>The position that reads may ask to see.</summary>
    [Id(1)]
    public required ShardRevision Revision { get; init; }
}

/// <summary>A position in a shard's history.</summary>
/// <param name="Shard">The shard's number in its collection.</param>
/// <param name="Lsn">Log sequence number.</param>
[GenerateSerializer, Immutable, Alias("fc.ShardRevision")]
public readonly record struct ShardRevision([property: Id(0)] int Shard, [property: Id(1)] long Lsn);
