using System.Text.Json.Serialization;

namespace FaceCluster.Evaluation.Metrics;

/// <summary>One point of the curve.</summary>
/// <param name="Rejected">Share of the pairs left out, those with the lowest quality.</param>
/// <param name="FalseNonMatchRate">FNMR of the rest at the fixed threshold.</param>
public readonly record struct RejectPoint(
    [property: JsonPropertyName("reject")] double Rejected,
    [property: JsonPropertyName("fnmr")] double FalseNonMatchRate);

/// <summary>
/// How far leaving out the worst pictures helps: pairs are dropped from the lowest quality upwards, a pair being as good as
/// its worse picture, at the threshold that gives a false match rate of 1e-3 over all pairs (Grother and Tabassi, 2007; the
/// MagFace paper uses the same curve). A quality that knows nothing of the errors gives a flat line.
/// </summary>
public static class ErrorVersusReject
{
    /// <summary>The false match rate of the fixed threshold.</summary>
    public const double FalseMatchRate = 1e-3;

    /// <summary>The curve at the given shares.</summary>
    /// <param name="scores">Scores of the pairs of one person.</param>
    /// <param name="qualities">The lower quality of each of those pairs, as many.</param>
    /// <param name="threshold">Pairs below it are rejected by the matcher.</param>
    /// <param name="shares">Shares of pairs to leave out, 0 to below 1.</param>
    public static RejectPoint[] Curve(ReadOnlySpan<float> scores, ReadOnlySpan<float> qualities, double threshold, ReadOnlySpan<double> shares)
    {
        if (scores.Length != qualities.Length || scores.Length == 0)
        {
            throw new ArgumentException($"{scores.Length} scores and {qualities.Length} qualities: as many of both are needed, and one at least.");
        }

        var sortedQualities = qualities.ToArray();
        var sortedScores = scores.ToArray();
        Array.Sort(sortedQualities, sortedScores);

        // Errors among the pairs from each place on.
        var errors = new int[sortedScores.Length + 1];
        for (var i = sortedScores.Length - 1; i >= 0; i--)
        {
            errors[i] = errors[i + 1] + (sortedScores[i] < threshold ? 1 : 0);
        }

        var curve = new RejectPoint[shares.Length];
        for (var i = 0; i < curve.Length; i++)
        {
            var dropped = Math.Min((int)(shares[i] * sortedScores.Length), sortedScores.Length - 1);
            curve[i] = new RejectPoint(shares[i], (double)errors[dropped] / (sortedScores.Length - dropped));
        }

        return curve;
    }
}
