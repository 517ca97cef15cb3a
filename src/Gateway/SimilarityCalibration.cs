namespace FaceCluster.Gateway;

/// <summary>
/// Turns a cosine into the probability that two faces are of one person, for pairs of which one half is: logistic
/// regression on the cosine (Platt, "Probabilistic outputs for support vector machines", 1999).
/// </summary>
/// <param name="Slope">Factor of the cosine, above 0.</param>
/// <param name="Midpoint">The cosine at which both are equally likely, -1 to 1.</param>
public sealed record SimilarityCalibration(double Slope, double Midpoint)
{
    /// <summary>
    /// The default model (fr_feature of faceplugin-face-recognition-js 0.0.1): fitted on 5,074 pairs of aligned faces of
    /// Labeled Faces in the Wild (Huang et al., 2007), half of them of one person, at most six pairs per person.
    /// </summary>
    public static SimilarityCalibration DefaultModel { get; } = new(25.4, 0.282);

    /// <summary>The id of the default model.</summary>
    public const string DefaultModelId = "fr_feature-87aacdfe5751";

    /// <summary>The probability, 0 to 1.</summary>
    public double Probability(double similarity) => 1 / (1 + Math.Exp(-Slope * (similarity - Midpoint)));
}
