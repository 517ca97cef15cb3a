namespace FaceCluster.Clustering;

/// <summary>
/// The logistic weights of a join. Each is paired with one that acts through the quality of the two groups (their
/// geometric mean of squared expected cosines): between clear faces the cosine decides, between poor ones the support.
/// </summary>
/// <remarks>
/// Fitted by logistic regression on the joins that the algorithm itself considers (true or false by the majority
/// identity of the two groups) on lfw-dev and lfw-dev-fleet, repeated once on the joins seen with the fitted weights.
/// </remarks>
/// <param name="Bias">Constant.</param>
/// <param name="Template">Log-likelihood ratio of the two templates, over 10.</param>
/// <param name="Larger">Logarithm of the larger group's size.</param>
/// <param name="Smaller">Logarithm of the smaller group's size.</param>
/// <param name="Support">Logarithm of the summed probability of the edges between the groups.</param>
/// <param name="BestEdge">Log-likelihood ratio of the best edge, over 10.</param>
/// <param name="ShareOfSmaller">Logarithm of the support over all outward support of the smaller group.</param>
/// <param name="ShareOfLarger">The same for the larger group.</param>
public sealed record JoinWeights(
    JoinWeight Bias,
    JoinWeight Template,
    JoinWeight Larger,
    JoinWeight Smaller,
    JoinWeight Support,
    JoinWeight BestEdge,
    JoinWeight ShareOfSmaller,
    JoinWeight ShareOfLarger)
{
    /// <summary>The fitted weights.</summary>
    public static JoinWeights Default { get; } = new(
        new(-1.80, -2.75),
        new(2.30, 0.71),
        new(0.75, -1.03),
        new(-0.69, 0.17),
        new(0.35, -1.80),
        new(3.40, -0.13),
        new(0.82, 0.04),
        new(1.00, -0.56));
}

/// <summary>One weight: <paramref name="Plain"/> + quality x <paramref name="ByQuality"/>.</summary>
public readonly record struct JoinWeight(double Plain, double ByQuality)
{
    /// <summary>The weight at a quality in (0, 1).</summary>
    public double At(double quality) => Plain + (quality * ByQuality);
}
