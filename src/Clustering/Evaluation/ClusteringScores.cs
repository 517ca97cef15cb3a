namespace FaceCluster.Clustering;

/// <summary>Precision, recall and their harmonic mean. 0/0 is NaN, as in learn-to-cluster's evaluation.</summary>
public readonly record struct PrecisionRecall(double Precision, double Recall)
{
    /// <summary>2PR / (P + R).</summary>
    public double F => 2 * Precision * Recall / (Precision + Recall);
}

/// <summary>How well predicted clusters agree with known identities (definitions in docs/clustering.md).</summary>
/// <param name="Faces">Number of items.</param>
/// <param name="Identities">Number of distinct true labels.</param>
/// <param name="Clusters">Number of distinct predicted labels.</param>
/// <param name="Pairwise">Over pairs of different items.</param>
/// <param name="BCubed">Averaged over items; F is taken from the averages.</param>
/// <param name="NmiArithmetic">Mutual information over the mean of the two entropies (scikit-learn's default since 0.22).</param>
/// <param name="NmiGeometric">Mutual information over the geometric mean (older scikit-learn).</param>
/// <param name="AdjustedRand">Adjusted Rand index.</param>
/// <param name="Identity50">F_I(0.5): cluster-identity pairs of which each covers more than half of the other.</param>
/// <param name="Identity90">F_I(0.9): the same with more than nine tenths.</param>
/// <param name="WrongSingletons">Single-face clusters whose identity has more faces, over the number of identities (FaceMap's R#S).</param>
public sealed record ClusteringScores(
    int Faces,
    int Identities,
    int Clusters,
    PrecisionRecall Pairwise,
    PrecisionRecall BCubed,
    double NmiArithmetic,
    double NmiGeometric,
    double AdjustedRand,
    PrecisionRecall Identity50,
    PrecisionRecall Identity90,
    double WrongSingletons)
{
    /// <summary>Predicted clusters per true identity (FaceMap's R#I).</summary>
    public double ClusterRatio => Identities == 0 ? double.NaN : (double)Clusters / Identities;
}
