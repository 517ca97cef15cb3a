using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>How a collection clusters and stores. Everything the forest depends on is fixed at creation.</summary>
[GenerateSerializer, Immutable, Alias("fc.CollectionSettings")]
public sealed record CollectionSettings
{
    /// <summary>The embedding model; faces of another one are refused.</summary>
    [Id(0)]
    public required string ModelId { get; init; }

    /// <summary>Elements of an embedding, a multiple of 8.</summary>
    [Id(1)]
    public int Dimension { get; init; } = 512;

    /// <summary>Number of shards at creation, 1 to 64.</summary>
    [Id(2)]
    public int ShardCount { get; init; } = 4;

    /// <summary>Cosine above which a face may connect to one of higher rank, -1 to 1.</summary>
    [Id(3)]
    public double LinkThreshold { get; init; } = 0.5;

    /// <summary>A rival of another cluster within this cosine of the parent makes a face uncertain, 0 to 1.</summary>
    [Id(4)]
    public double AmbiguityMargin { get; init; } = 0.02;

    /// <summary>Faces of smaller magnitude are kept, but marked uncertain.</summary>
    [Id(5)]
    public float QualityGate { get; init; }

    /// <summary>Whether faces are clustered at all; search works either way.</summary>
    [Id(6)]
    public bool Linking { get; init; } = true;

    /// <summary>Approximate search for shards past a size; null, the default, keeps every search exact.</summary>
    [Id(7)]
    public ApproximateSearchSettings? ApproximateSearch { get; init; }

    /// <summary>A shard that holds more faces is split in two by itself, 100 to 100,000,000; 0, the default: only when asked to.</summary>
    [Id(8)]
    public int MaxFacesPerShard { get; init; }
}

/// <summary>A collection.</summary>
[GenerateSerializer, Immutable, Alias("fc.CollectionInfo")]
public sealed record CollectionInfo
{
    [NonSerialized]
    private ShardMap? _even;

    /// <summary>1 to 63 characters of a-z, 0-9 and hyphen, starting with a letter.</summary>
    [Id(0)]
    public required string Name { get; init; }

    [Id(1)]
    public required CollectionSettings Settings { get; init; }

    /// <summary>Creation time, microseconds since the Unix epoch.</summary>
    [Id(2)]
    public long CreatedMicros { get; init; }

    /// <summary>A unique name of this life of the collection: one deleted and created again has another.</summary>
    [Id(3)]
    public Guid Uid { get; init; }

    /// <summary>The shards as they are by now; null from a program that did not split yet.</summary>
    [Id(4)]
    public ShardMap? StoredMap { get; init; }

    /// <summary>Which shard has which slots.</summary>
    public ShardMap Map => StoredMap ?? (_even ??= ShardMap.Even(Settings.ShardCount));

    /// <summary>Numbers of the shards in order of their slots.</summary>
    public IEnumerable<int> Shards => Map.Shards.Select(static shard => shard.Number);

    /// <summary>The shard of a camera.</summary>
    public int ShardOf(string camera) => Map.OfSlot(CameraSlot.Of(camera)).Number;

    /// <summary>The shard of a face.</summary>
    public int ShardOf(FaceId face) => Map.OfSlot(face.Slot).Number;
}
