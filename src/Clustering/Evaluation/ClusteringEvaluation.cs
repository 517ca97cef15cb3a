namespace FaceCluster.Clustering;

/// <summary>
/// Scores of a clustering against known identities. Every label is just a label, -1 included: to count noise as
/// single faces, pass it through <see cref="NoiseAsSingletons"/> first.
/// </summary>
public static class ClusteringEvaluation
{
    /// <summary>Computes every score. Sums of squares are exact 64-bit integers.</summary>
    /// <param name="predicted">Predicted label of each item.</param>
    /// <param name="truth">True label of each item, as many.</param>
    public static ClusteringScores Evaluate(ReadOnlySpan<int> predicted, ReadOnlySpan<int> truth)
    {
        if (predicted.Length != truth.Length)
        {
            throw new ArgumentException($"{predicted.Length} predicted and {truth.Length} true labels: the numbers must be equal.");
        }

        var table = new Contingency(predicted, truth);
        var n = predicted.Length;
        long together = 0, predictedPairs = 0, truePairs = 0;
        double precision = 0, recall = 0;
        foreach (var (cell, count) in table.Cells)
        {
            var square = (long)count * count;
            together += square;
            precision += (double)square / table.PredictedSizes[cell.Predicted];
            recall += (double)square / table.TrueSizes[cell.True];
        }

        foreach (var size in table.PredictedSizes)
        {
            predictedPairs += (long)size * size;
        }

        foreach (var size in table.TrueSizes)
        {
            truePairs += (long)size * size;
        }

        var (arithmetic, geometric) = table.NormalizedMutualInformation();
        return new ClusteringScores(
            n,
            table.TrueSizes.Count,
            table.PredictedSizes.Count,
            new PrecisionRecall((double)(together - n) / (predictedPairs - n), (double)(together - n) / (truePairs - n)),
            new PrecisionRecall(precision / n, recall / n),
            arithmetic,
            geometric,
            AdjustedRand(n, together, predictedPairs, truePairs),
            Identity(table, 0.5),
            Identity(table, 0.9),
            (double)WrongSingletons(table) / table.TrueSizes.Count);
    }

    /// <summary>Gives each item labelled <paramref name="noise"/> a label of its own, above all others.</summary>
    public static int[] NoiseAsSingletons(ReadOnlySpan<int> labels, int noise = -1)
    {
        var result = labels.ToArray();
        var next = 0;
        foreach (var label in labels)
        {
            next = Math.Max(next, label + 1);
        }

        for (var i = 0; i < result.Length; i++)
        {
            if (result[i] == noise)
            {
                result[i] = next++;
            }
        }

        return result;
    }

    /// <summary>
    /// Hubert and Arabie's index over the pair confusion matrix, in the form 2(ad - bc) / ((a+b)(b+d) + (a+c)(c+d)).
    /// </summary>
    private static double AdjustedRand(long n, long together, long predictedPairs, long truePairs)
    {
        var both = (double)(together - n);
        var onlyPredicted = (double)(predictedPairs - together);
        var onlyTrue = (double)(truePairs - together);
        var neither = ((double)n * n) - both - onlyPredicted - onlyTrue - n;
        return onlyPredicted == 0 && onlyTrue == 0
            ? 1.0
            : 2 * ((both * neither) - (onlyPredicted * onlyTrue))
                / (((both + onlyTrue) * (onlyTrue + neither)) + ((both + onlyPredicted) * (onlyPredicted + neither)));
    }

    /// <summary>FaceMap's identity-level score: matches cover more than <paramref name="share"/> of the cluster and of the identity.</summary>
    private static PrecisionRecall Identity(Contingency table, double share)
    {
        long matches = 0;
        foreach (var (cell, count) in table.Cells)
        {
            if (count > share * table.PredictedSizes[cell.Predicted] && count > share * table.TrueSizes[cell.True])
            {
                matches++;
            }
        }

        return new PrecisionRecall((double)matches / table.PredictedSizes.Count, (double)matches / table.TrueSizes.Count);
    }

    private static int WrongSingletons(Contingency table)
    {
        var wrong = 0;
        foreach (var (cell, _) in table.Cells)
        {
            if (table.PredictedSizes[cell.Predicted] == 1 && table.TrueSizes[cell.True] > 1)
            {
                wrong++;
            }
        }

        return wrong;
    }
}
