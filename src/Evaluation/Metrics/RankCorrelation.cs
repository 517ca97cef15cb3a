namespace FaceCluster.Evaluation.Metrics;

/// <summary>Spearman's rank correlation.</summary>
public static class RankCorrelation
{
    /// <summary>The correlation of the ranks, -1 to 1; equal values share the mean of their ranks. NaN where all values of a side are equal.</summary>
    /// <param name="left">Values.</param>
    /// <param name="right">As many values.</param>
    public static double Spearman(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        if (left.Length != right.Length)
        {
            throw new ArgumentException($"{left.Length} and {right.Length} values cannot be correlated.");
        }

        var (a, b) = (Ranks(left), Ranks(right));
        var mean = (left.Length + 1) / 2.0;
        double both = 0, squaresA = 0, squaresB = 0;
        for (var i = 0; i < a.Length; i++)
        {
            both += (a[i] - mean) * (b[i] - mean);
            squaresA += (a[i] - mean) * (a[i] - mean);
            squaresB += (b[i] - mean) * (b[i] - mean);
        }

        return both / Math.Sqrt(squaresA * squaresB);
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        var ranks = new double[order.Length];
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && sorted[end] == sorted[first])
            {
                end++;
            }

            for (var i = first; i < end; i++)
            {
                ranks[order[i]] = (first + end + 1) / 2.0;
            }

            first = end;
        }

        return ranks;
    }
}
