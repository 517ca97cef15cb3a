using FaceCluster.Clustering;

namespace FaceCluster.Cli.Demo;

/// <summary>Agreement of clusters with the truth.</summary>
/// <param name="Faces">Faces compared.</param>
/// <param name="PairwiseP">Pairwise precision.</param>
/// <param name="PairwiseR">Pairwise recall.</param>
/// <param name="PairwiseF">Their harmonic mean.</param>
/// <param name="BcubedP">BCubed precision.</param>
/// <param name="BcubedR">BCubed recall.</param>
/// <param name="BcubedF">Their harmonic mean.</param>
public sealed record DemoScores(
    int Faces, double PairwiseP, double PairwiseR, double PairwiseF, double BcubedP, double BcubedR, double BcubedF)
{
    /// <summary>Scores faces by their cluster and label.</summary>
    public static DemoScores Of(IReadOnlyCollection<(int Cluster, string Label)> faces)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var predicted = faces.Select(face => face.Cluster).ToArray();
        var truth = faces.Select(face => Number(numbers, face.Label)).ToArray();
        var scores = ClusteringEvaluation.Evaluate(predicted, truth);
        return new DemoScores(
            faces.Count,
            Round(scores.Pairwise.Precision), Round(scores.Pairwise.Recall), Round(scores.Pairwise.F),
            Round(scores.BCubed.Precision), Round(scores.BCubed.Recall), Round(scores.BCubed.F));
    }

    private static int Number(Dictionary<string, int> numbers, string label)
    {
        if (!numbers.TryGetValue(label, out var number))
        {
            numbers[label] = number = numbers.Count;
        }

        return number;
    }

    // JSON has no NaN (no pairs at all); nothing to compare scores nothing.
    private static double Round(double value) => double.IsNaN(value) ? 0 : Math.Round(value, 4);
}
