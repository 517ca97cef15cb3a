using System.Text.Json.Serialization;

namespace FaceCluster.Clustering;

/// <summary>The one JSON object of the <c>cluster</c> command. Scores are null without true labels or where undefined.</summary>
public sealed record ClusterSummaryReport
{
    [JsonPropertyName("faces")]
    public required int Faces { get; init; }

    [JsonPropertyName("clusters")]
    public required int Clusters { get; init; }

    /// <summary>Faces with a mark: low quality, ambiguous, weakly linked, in conflict with a constraint.</summary>
    [JsonPropertyName("uncertain")]
    public required int Uncertain { get; init; }

    /// <summary>Share of the faces without a mark.</summary>
    [JsonPropertyName("coverage")]
    public required double Coverage { get; init; }

    [JsonPropertyName("pairwise_p")]
    public double? PairwisePrecision { get; init; }

    [JsonPropertyName("pairwise_r")]
    public double? PairwiseRecall { get; init; }

    [JsonPropertyName("pairwise_f")]
    public double? PairwiseF { get; init; }

    [JsonPropertyName("bcubed_p")]
    public double? BCubedPrecision { get; init; }

    [JsonPropertyName("bcubed_r")]
    public double? BCubedRecall { get; init; }

    [JsonPropertyName("bcubed_f")]
    public double? BCubedF { get; init; }

    /// <summary>Normalised mutual information, arithmetic mean.</summary>
    [JsonPropertyName("nmi")]
    public double? Nmi { get; init; }

    /// <summary>Pairwise F over the faces without a mark.</summary>
    [JsonPropertyName("pairwise_f_certain")]
    public double? CertainPairwiseF { get; init; }

    /// <summary>BCubed F over the faces without a mark.</summary>
    [JsonPropertyName("bcubed_f_certain")]
    public double? CertainBCubedF { get; init; }

    [JsonPropertyName("seconds")]
    public required double Seconds { get; init; }

    /// <summary>Largest working set of the process so far.</summary>
    [JsonPropertyName("peak_mb")]
    public required double PeakMegabytes { get; init; }
}
