namespace FaceCluster.Clustering;

/// <summary>
/// How likely two groups of faces are one person: the calibrated probability that replaces a bare cosine.
/// </summary>
/// <remarks>
/// The cosine c of two templates is compared under two normal laws. Different people: mean 0, variance
/// 1/96 + 0.0065 r^2 (templates of many faces spread wider than single poor faces). The same person: mean r, the cosine
/// that the magnitudes let expect, variance larger by 0.10^2. Above its expectation a cosine is never evidence against.
/// Both variances were measured on lfw-dev-fleet.
/// </remarks>
internal static class JoinModel
{
    private const double ImpostorVariance = 1.0 / 96;
    private const double ImpostorGrowth = 0.0065;
    private const double GenuineVariance = 0.10 * 0.10;

    /// <summary>The log-likelihood ratio at which an edge counts half.</summary>
    private const double EdgeMiddle = 4;

    /// <summary>Fixed-point unit of support: sums are then independent of their order.</summary>
    public const int SupportUnit = 1 << 16;

    /// <summary>Log-likelihood ratio same : different of a template cosine whose expectation for one person is <paramref name="expected"/>.</summary>
    public static double LogRatio(double cosine, double expected)
    {
        var r = Math.Min(expected, 1);
        var different = ImpostorVariance + (ImpostorGrowth * r * r);
        var same = different + GenuineVariance;
        var c = Math.Max(cosine, 0);
        var miss = c > r ? 0 : (c - r) * (c - r) / (2 * same);
        return (c * c / (2 * different)) - miss - (0.5 * Math.Log(same / different));
    }

    /// <summary>The probability of one edge in units of <see cref="SupportUnit"/>.</summary>
    public static int EdgeSupport(double logRatio) =>
        (int)Math.Round(SupportUnit / (1 + Math.Exp(EdgeMiddle - logRatio)));

    /// <summary>Log-odds that two groups are one person.</summary>
    public static double Score(JoinWeights weights, in JoinEvidence e)
    {
        var larger = Math.Max(e.SizeA, e.SizeB);
        var smaller = Math.Min(e.SizeA, e.SizeB);
        var outSmaller = e.SizeA <= e.SizeB ? e.OutwardA : e.OutwardB;
        var outLarger = e.SizeA <= e.SizeB ? e.OutwardB : e.OutwardA;
        if (e.SizeA == e.SizeB && e.OutwardA > e.OutwardB)
        {
            // The order of two equal groups must not matter.
            (outSmaller, outLarger) = (outLarger, outSmaller);
        }

        var support = Math.Log(0.1 + ((double)e.Support / SupportUnit));
        var q = e.Quality;
        return weights.Bias.At(q)
            + (weights.Template.At(q) * LogRatio(e.Cosine, e.Expected) / 10)
            + (weights.Larger.At(q) * Math.Log(larger))
            + (weights.Smaller.At(q) * Math.Log(smaller))
            + (weights.Support.At(q) * support)
            + (weights.BestEdge.At(q) * Math.Max(e.BestEdge, -2) / 10)
            + (weights.ShareOfSmaller.At(q) * (support - Math.Log(0.3 + ((double)outSmaller / SupportUnit))))
            + (weights.ShareOfLarger.At(q) * (support - Math.Log(0.3 + ((double)outLarger / SupportUnit))));
    }
}

/// <summary>What speaks for and against joining two groups.</summary>
/// <param name="Cosine">Cosine of the templates.</param>
/// <param name="Expected">Cosine that the magnitudes let expect for one person.</param>
/// <param name="Quality">Geometric mean over the groups of the mean squared expected cosine, in (0, 1).</param>
/// <param name="SizeA">Faces of the first group.</param>
/// <param name="SizeB">Faces of the second group.</param>
/// <param name="Support">Summed probability of the edges between them, in units of <see cref="JoinModel.SupportUnit"/>.</param>
/// <param name="OutwardA">Summed probability of all edges that leave the first group.</param>
/// <param name="OutwardB">The same for the second.</param>
/// <param name="BestEdge">Log-likelihood ratio of the best edge.</param>
internal readonly record struct JoinEvidence(
    double Cosine, double Expected, double Quality, int SizeA, int SizeB, long Support, long OutwardA, long OutwardB, double BestEdge);
