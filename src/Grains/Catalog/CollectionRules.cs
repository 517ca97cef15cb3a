using System.Text.RegularExpressions;
using FaceCluster.Grains.Shards;

namespace FaceCluster.Grains.Catalog;

/// <summary>What a collection may be called and how it may be set.</summary>
internal static partial class CollectionRules
{
    private const int MaxShards = 64;
    private const int MaxDimension = 4096;

    /// <summary>Throws <see cref="DomainException"/> naming the first field out of range.</summary>
    public static void Check(string name, CollectionSettings settings)
    {
        Require(Name().IsMatch(name ?? string.Empty), "collection_id", "A collection is named by 1 to 63 characters of a-z, 0-9 and hyphen, starting with a letter.");
        Require(settings.ModelId is { Length: > 0 and <= 200 }, "settings.model_id", "The model id has 1 to 200 characters.");
        Require(settings.Dimension is >= 8 and <= MaxDimension && settings.Dimension % 8 == 0, "settings.dimension", $"The dimension is a multiple of 8 from 8 to {MaxDimension}; got {settings.Dimension}.");
        Require(settings.ShardCount is >= 1 and <= MaxShards, "settings.shard_count", $"A collection has 1 to {MaxShards} shards; got {settings.ShardCount}.");
        Require(settings.MaxFacesPerShard is 0 or (>= 100 and <= 100_000_000), "settings.max_faces_per_shard", $"The limit of faces per shard is 100 to 100000000, or 0 for none; got {settings.MaxFacesPerShard}.");
        Require(settings.LinkThreshold is > -1 and < 1, "settings.link_threshold", $"The link threshold is a cosine between -1 and 1; got {settings.LinkThreshold}.");
        Require(settings.AmbiguityMargin is >= 0 and <= 1, "settings.ambiguity_margin", $"The ambiguity margin is from 0 to 1; got {settings.AmbiguityMargin}.");
        Require(settings.QualityGate >= 0 && float.IsFinite(settings.QualityGate), "settings.quality_gate", $"The quality gate is a finite magnitude of at least 0; got {settings.QualityGate}.");
        ApproximateRules.Check(settings.ApproximateSearch);
    }

    private static void Require(bool condition, string field, string message)
    {
        if (!condition)
        {
            throw new DomainException(DomainStatus.InvalidArgument, "INVALID_SETTING", message, field);
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}$")]
    private static partial Regex Name();
}
