using FaceCluster.Gateway.Requests;
using FaceCluster.Gateway.Server;
using FaceCluster.Grains;
using Microsoft.Extensions.Options;
using GrainSettings = FaceCluster.Grains.CollectionSettings;
using Wire = FaceCluster.V1;

namespace FaceCluster.Gateway.Collections;

/// <summary>Reads the settings of a collection from the wire, filling in the defaults, and writes them back in full.</summary>
internal sealed class SettingsReader(DefaultSettings defaults, InferenceDirectory inference, IOptions<GatewayOptions> options)
{
    private const int MaxShards = 64;
    private const int MaxModelIdBytes = 128;
    private const int MinFacesPerShard = 100;
    private const int MaxFacesPerShard = 100_000_000;

    public static void Check(FieldViolations violations, string field, Wire.CollectionSettings? settings)
    {
        if (settings is null)
        {
            return;
        }

        violations.MaxBytes($"{field}.model_id", settings.ModelId, MaxModelIdBytes)
            .Range($"{field}.shard_count", settings.ShardCount, 0, MaxShards);
        if (settings.MaxFacesPerShard != 0)
        {
            violations.Range($"{field}.max_faces_per_shard", settings.MaxFacesPerShard, MinFacesPerShard, MaxFacesPerShard);
        }

        ApproximateSearchReader.Check(violations, $"{field}.approximate_search", settings.ApproximateSearch);
        if (settings.Clustering is not { } clustering)
        {
            return;
        }

        if (clustering.HasThreshold)
        {
            violations.Range($"{field}.clustering.threshold", clustering.Threshold, -1, 1);
        }

        if (clustering.HasAmbiguityMargin)
        {
            violations.Range($"{field}.clustering.ambiguity_margin", clustering.AmbiguityMargin, 0, 1);
        }

        if (clustering.HasMinMagnitude)
        {
            violations.Range($"{field}.clustering.min_magnitude", clustering.MinMagnitude, 0, float.MaxValue);
        }
    }

    public async ValueTask<GrainSettings> ReadAsync(Wire.CollectionSettings? settings)
    {
        var start = settings is { ModelId.Length: > 0 } ? await OfModelAsync(settings.ModelId) : await defaults.GetAsync();
        var clustering = settings?.Clustering;
        return start with
        {
            ShardCount = settings is { ShardCount: > 0 } ? settings.ShardCount : start.ShardCount,
            LinkThreshold = clustering is { HasThreshold: true } ? clustering.Threshold : start.LinkThreshold,
            AmbiguityMargin = clustering is { HasAmbiguityMargin: true } ? clustering.AmbiguityMargin : start.AmbiguityMargin,
            QualityGate = clustering is { HasMinMagnitude: true } ? clustering.MinMagnitude : start.QualityGate,
            Linking = clustering is null ? start.Linking : !clustering.Disabled,
            ApproximateSearch = ApproximateSearchReader.Read(settings?.ApproximateSearch) ?? start.ApproximateSearch,
            MaxFacesPerShard = settings is { MaxFacesPerShard: > 0 } ? settings.MaxFacesPerShard : start.MaxFacesPerShard,
        };
    }

    /// <summary>The settings with the number of shards that there are now, as far as a new collection may have so many.</summary>
    public static Wire.CollectionSettings ToWire(CollectionInfo collection) => ToWire(collection.Settings with { ShardCount = Math.Min(collection.Map.Shards.Count, MaxShards) });

    private static Wire.CollectionSettings ToWire(GrainSettings settings) => new()
    {
        ModelId = settings.ModelId,
        ShardCount = settings.ShardCount,
        Dimension = settings.Dimension,
        MaxFacesPerShard = settings.MaxFacesPerShard,
        Clustering = new Wire.ClusteringSettings
        {
            Threshold = settings.LinkThreshold,
            AmbiguityMargin = settings.AmbiguityMargin,
            MinMagnitude = settings.QualityGate,
            Disabled = !settings.Linking,
        },
        ApproximateSearch = ApproximateSearchReader.ToWire(settings.ApproximateSearch),
    };

    private async ValueTask<GrainSettings> OfModelAsync(string modelId)
    {
        var configured = options.Value.DefaultSettings;
        var status = await inference.FindAsync();
        return configured with
        {
            ModelId = modelId,
            Dimension = status?.ModelId == modelId ? status.Dimension : configured.Dimension,
        };
    }
}
