using System.Text.Json.Serialization;

namespace FaceCluster.Clustering;

/// <summary>The <c>eval</c> command: scores of predicted against true labels.</summary>
public static class EvalCommand
{
    /// <summary>Reads two label files and scores the first against the second.</summary>
    /// <param name="predicted">Predicted labels, one a line.</param>
    /// <param name="truth">True labels, as many.</param>
    /// <param name="noiseAsSingletons">Whether a predicted -1 is a cluster of its own per face (as learn-to-cluster's files have it) or one common cluster.</param>
    /// <exception cref="InvalidDataException">A file cannot be used or the lengths differ.</exception>
    public static EvalReport Run(string predicted, string truth, bool noiseAsSingletons = true)
    {
        var labels = LabelFile.Read(predicted);
        var known = LabelFile.Read(truth);
        if (labels.Length != known.Length)
        {
            throw new InvalidDataException($"{predicted} has {labels.Length} labels, {truth} has {known.Length}.");
        }

        return EvalReport.From(ClusteringEvaluation.Evaluate(noiseAsSingletons ? ClusteringEvaluation.NoiseAsSingletons(labels) : labels, known));
    }
}

/// <summary>The one JSON object of the <c>eval</c> command; a score that is undefined (0/0) is null.</summary>
public sealed record EvalReport
{
    [JsonPropertyName("faces")]
    public required int Faces { get; init; }

    [JsonPropertyName("identities")]
    public required int Identities { get; init; }

    [JsonPropertyName("clusters")]
    public required int Clusters { get; init; }

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

    [JsonPropertyName("nmi")]
    public double? Nmi { get; init; }

    [JsonPropertyName("nmi_geometric")]
    public double? NmiGeometric { get; init; }

    [JsonPropertyName("ari")]
    public double? AdjustedRand { get; init; }

    [JsonPropertyName("identity_f_50")]
    public double? IdentityF50 { get; init; }

    [JsonPropertyName("identity_f_90")]
    public double? IdentityF90 { get; init; }

    /// <summary>Clusters per identity.</summary>
    [JsonPropertyName("cluster_ratio")]
    public double? ClusterRatio { get; init; }

    /// <summary>Wrong single-face clusters per identity.</summary>
    [JsonPropertyName("singleton_ratio")]
    public double? SingletonRatio { get; init; }

    /// <summary>The report of a set of scores.</summary>
    public static EvalReport From(ClusteringScores scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return new EvalReport
        {
            Faces = scores.Faces,
            Identities = scores.Identities,
            Clusters = scores.Clusters,
            PairwisePrecision = ClusterCommand.Finite(scores.Pairwise.Precision),
            PairwiseRecall = ClusterCommand.Finite(scores.Pairwise.Recall),
            PairwiseF = ClusterCommand.Finite(scores.Pairwise.F),
            BCubedPrecision = ClusterCommand.Finite(scores.BCubed.Precision),
            BCubedRecall = ClusterCommand.Finite(scores.BCubed.Recall),
            BCubedF = ClusterCommand.Finite(scores.BCubed.F),
            Nmi = ClusterCommand.Finite(scores.NmiArithmetic),
            NmiGeometric = ClusterCommand.Finite(scores.NmiGeometric),
            AdjustedRand = ClusterCommand.Finite(scores.AdjustedRand),
            IdentityF50 = ClusterCommand.Finite(scores.Identity50.F),
            IdentityF90 = ClusterCommand.Finite(scores.Identity90.F),
            ClusterRatio = ClusterCommand.Finite(scores.ClusterRatio),
            SingletonRatio = ClusterCommand.Finite(scores.WrongSingletons),
        };
    }
}
