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
        return (c * c / (2 * different)) - miss - (0.5 * PortableMath.Log(same / different));
    }

    /// <summary>The probability of one edge in units of <see cref="SupportUnit"/>.</summary>
    public static int EdgeSupport(double logRatio) =>
        (int)Math.Round(SupportUnit / (1 + PortableMath.Exp(EdgeMiddle - logRatio)));

    /// <summary>Whether a higher cosine never lowers the score, whatever the quality in (0, 1).</summary>
    public static bool RisesWithCosine(JoinWeights weights) => weights.Template.At(0) >= 0 && weights.Template.At(1) >= 0;

    /// <summary>Log-odds that two groups are one person; the same bits for (a, b) as for (b, a).</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="a">One group.</param>
    /// <param name="b">The other.</param>
    /// <param name="cosine">Cosine of the templates.</param>
    /// <param name="support">Summed probability of the edges between them, in units of <see cref="SupportUnit"/>.</param>
    /// <param name="bestEdge">Log-likelihood ratio of the best edge.</param>
    public static double Score(JoinWeights weights, in GroupTraits a, in GroupTraits b, double cosine, long support, double bestEdge)
    {
        // The order of two equal groups must not matter.
        var first = a.Size != b.Size ? a.Size < b.Size : a.Outward <= b.Outward;
        var (logSmaller, outSmaller) = first ? (a.LogSize, a.LogOutward) : (b.LogSize, b.LogOutward);
        var (logLarger, outLarger) = first ? (b.LogSize, b.LogOutward) : (a.LogSize, a.LogOutward);
        var q = a.Quality * b.Quality;
        var logSupport = PortableMath.Log(0.1 + ((double)support / SupportUnit));
        return weights.Bias.At(q)
            + (weights.Template.At(q) * LogRatio(cosine, a.Reach * b.Reach) / 10)
            + (weights.Larger.At(q) * logLarger)
            + (weights.Smaller.At(q) * logSmaller)
            + (weights.Support.At(q) * logSupport)
            + (weights.BestEdge.At(q) * Math.Max(bestEdge, -2) / 10)
            + (weights.ShareOfSmaller.At(q) * (logSupport - outSmaller))
            + (weights.ShareOfLarger.At(q) * (logSupport - outLarger));
    }
}
