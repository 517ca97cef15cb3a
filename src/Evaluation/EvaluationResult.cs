using System.Text.Json.Serialization;
using FaceCluster.Evaluation.Metrics;

namespace FaceCluster.Evaluation;

/// <summary>What a model was measured to do; a figure that the data cannot give is null.</summary>
public sealed record EvaluationResult
{
    /// <summary>The model's id, name and digest.</summary>
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    /// <summary>Faces embedded.</summary>
    [JsonPropertyName("faces")]
    public required int Faces { get; init; }

    /// <summary>Pictures that gave no embedding.</summary>
    [JsonPropertyName("refused")]
    public int Refused { get; init; }

    /// <summary>People, where they are known.</summary>
    [JsonPropertyName("identities")]
    public int? Identities { get; init; }

    /// <summary>Which pairs the rates are over: "all" pairs of the faces, or the listed "pairs".</summary>
    [JsonPropertyName("scores_from")]
    public string? ScoresFrom { get; init; }

    /// <summary>Pairs of one person.</summary>
    [JsonPropertyName("genuine_pairs")]
    public int? GenuinePairs { get; init; }

    /// <summary>Pairs of two people.</summary>
    [JsonPropertyName("impostor_pairs")]
    public int? ImpostorPairs { get; init; }

    /// <summary>Listed pairs that the accuracy is over.</summary>
    [JsonPropertyName("listed_pairs")]
    public int? ListedPairs { get; init; }

    /// <summary>What is compared for the accuracy: none, add or concat.</summary>
    [JsonPropertyName("flip")]
    public string Flip { get; init; } = "none";

    /// <summary>Ten-fold accuracy over the listed pairs.</summary>
    [JsonPropertyName("accuracy")]
    public double? Accuracy { get; init; }

    /// <summary>Its population standard deviation over the folds.</summary>
    [JsonPropertyName("accuracy_std")]
    public double? AccuracyDeviation { get; init; }

    [JsonPropertyName("tar_1e-3")]
    public double? TrueAcceptRate3 { get; init; }

    [JsonPropertyName("tar_1e-4")]
    public double? TrueAcceptRate4 { get; init; }

    [JsonPropertyName("tar_1e-5")]
    public double? TrueAcceptRate5 { get; init; }

    /// <summary>The cosine that gives a FAR of at most 1e-3.</summary>
    [JsonPropertyName("threshold_1e-3")]
    public double? Threshold3 { get; init; }

    /// <summary>The cosine that gives a FAR of at most 1e-4.</summary>
    [JsonPropertyName("threshold_1e-4")]
    public double? Threshold4 { get; init; }

    [JsonPropertyName("eer")]
    public double? EqualErrorRate { get; init; }

    /// <summary>Lowest FNMR with an FMR of at most 1 %.</summary>
    [JsonPropertyName("fmr100")]
    public double? Fmr100 { get; init; }

    /// <summary>Lowest FNMR with an FMR of at most 0.1 %.</summary>
    [JsonPropertyName("fmr1000")]
    public double? Fmr1000 { get; init; }

    /// <summary>Fisher's ratio of the two score distributions.</summary>
    [JsonPropertyName("fdr")]
    public double? FisherRatio { get; init; }

    /// <summary>Rank correlation of magnitude and cosine to the person's mean, over people with five faces or more.</summary>
    [JsonPropertyName("spearman_magnitude")]
    public double? SpearmanMagnitude { get; init; }

    [JsonPropertyName("bcubed_f")]
    public double? BCubedF { get; init; }

    [JsonPropertyName("pairwise_f")]
    public double? PairwiseF { get; init; }

    /// <summary>Clusters found.</summary>
    [JsonPropertyName("clusters")]
    public int? Clusters { get; init; }

    /// <summary>FNMR after leaving out the pairs of lowest magnitude, at the threshold of FMR 1e-3 over all.</summary>
    [JsonPropertyName("error_versus_reject")]
    public IReadOnlyList<RejectPoint>? ErrorVersusReject { get; init; }

    /// <summary>Magnitude by share of faces.</summary>
    [JsonPropertyName("magnitude_quantiles")]
    public IReadOnlyDictionary<string, double>? MagnitudeQuantiles { get; init; }

    /// <summary>Slope of the calibration, where one was fitted.</summary>
    [JsonPropertyName("calibration_slope")]
    public double? CalibrationSlope { get; init; }

    /// <summary>Midpoint of the calibration.</summary>
    [JsonPropertyName("calibration_midpoint")]
    public double? CalibrationMidpoint { get; init; }

    /// <summary>Template protocols, where they were run.</summary>
    [JsonPropertyName("templates")]
    public IReadOnlyList<Templates.TemplateResult>? Templates { get; init; }

    /// <summary>Identification between templates, where the folder has galleries and probes.</summary>
    [JsonPropertyName("identification")]
    public IReadOnlyList<Templates.IdentificationResult>? Identification { get; init; }
}
