using System.Text.Json;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Catalog;

/// <summary>Between a collection and its row in the metadata store.</summary>
internal static class CollectionRows
{
    /// <summary>The collection of a row.</summary>
    public static CollectionInfo Info(CollectionRow row) => new()
    {
        Name = row.Name,
        Uid = row.Uid,
        CreatedMicros = row.CreatedMicros,
        Settings = JsonSerializer.Deserialize<CollectionSettings>(row.SettingsJson)
            ?? throw new InvalidOperationException($"The settings of collection '{row.Name}' are empty."),

        // Empty in a row that was written before shards could be split.
        StoredMap = row.ShardMapJson.Length <= 2 ? null : JsonSerializer.Deserialize<ShardMap>(row.ShardMapJson),
    };

    /// <summary>The row with another map.</summary>
    public static CollectionRow With(CollectionRow row, ShardMap map) => row with { ShardMapJson = JsonSerializer.Serialize(map) };

    /// <summary>The collection as the store has it now, or null where there is none or its deletion has begun.</summary>
    public static async ValueTask<CollectionInfo?> FindAsync(IMetadataStore metadata, string name, CancellationToken cancellationToken = default) =>
        await metadata.Collections.FindAsync(name, cancellationToken) is { DeletedMicros: null } row ? Info(row) : null;
}
