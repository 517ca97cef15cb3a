namespace FaceCluster.Evaluation.Protocols;

/// <summary>Accuracy of the ten folds.</summary>
/// <param name="FoldAccuracies">Accuracy of each fold at the threshold of the other nine.</param>
/// <param name="Thresholds">The threshold of each fold.</param>
public sealed record TenFoldResult(double[] FoldAccuracies, double[] Thresholds)
{
    /// <summary>Mean over the folds.</summary>
    public double Accuracy => FoldAccuracies.Average();

    /// <summary>Population standard deviation over the folds.</summary>
    public double Deviation
    {
        get
        {
            var mean = Accuracy;
            return Math.Sqrt(FoldAccuracies.Average(value => (value - mean) * (value - mean)));
        }
    }
}

/// <summary>TAR at a FAR over the ten folds.</summary>
/// <param name="TrueAcceptRate">Mean over the folds.</param>
/// <param name="Deviation">Population standard deviation over the folds.</param>
/// <param name="FalseAcceptRate">The FAR that was met on average.</param>
/// <param name="Thresholds">The squared distance below which each fold accepts.</param>
public sealed record TenFoldRateResult(double TrueAcceptRate, double Deviation, double FalseAcceptRate, double[] Thresholds);

/// <summary>
/// The protocol of Labeled Faces in the Wild: folds are ten contiguous blocks of pairs (the first ones get the remainder);
/// what is measured on a fold is set on the other nine. By default as in InsightFace's verification.py: squared distance of
/// unit vectors, thresholds 0 to 4 in steps of 0.01, the first with the most correct decisions.
/// </summary>
public static class TenFoldVerification
{
    private const int Folds = 10;
    private const int AccuracySteps = 400;
    private const int RateSteps = 4000;
    private const int CosineSteps = 20_000;

    /// <summary>Accuracy by squared distances of unit vectors, in [0, 4].</summary>
    /// <param name="distances">The squared distance of each pair.</param>
    /// <param name="same">Whether each pair is of one person, as many; at least ten.</param>
    public static TenFoldResult Accuracy(ReadOnlySpan<double> distances, ReadOnlySpan<bool> same)
    {
        var folds = Parts(distances.Length, same.Length);
        var correct = new int[Folds, AccuracySteps];
        for (var fold = 0; fold < Folds; fold++)
        {
            for (var step = 0; step < AccuracySteps; step++)
            {
                correct[fold, step] = CountCorrect(distances[folds[fold]], same[folds[fold]], Step(step, 0.01));
            }
        }

        var accuracies = new double[Folds];
        var thresholds = new double[Folds];
        for (var fold = 0; fold < Folds; fold++)
        {
            var (best, most) = (0, -1);
            for (var step = 0; step < AccuracySteps; step++)
            {
                var others = 0;
                for (var other = 0; other < Folds; other++)
                {
                    others += other == fold ? 0 : correct[other, step];
                }

                (best, most) = others > most ? (step, others) : (best, most);
            }

            accuracies[fold] = (double)correct[fold, best] / (folds[fold].End.Value - folds[fold].Start.Value);
            thresholds[fold] = Step(best, 0.01);
        }

        return new TenFoldResult(accuracies, thresholds);
    }

    /// <summary>
    /// TAR at a FAR: the threshold whose FAR on nine folds is the target, by linear interpolation over thresholds in steps
    /// of 0.001 (the last of those with equal FAR), is used on the tenth.
    /// </summary>
    /// <param name="distances">The squared distance of each pair.</param>
    /// <param name="same">Whether each pair is of one person, as many; at least ten.</param>
    /// <param name="target">The FAR, above 0 and at most 1.</param>
    public static TenFoldRateResult TrueAcceptRate(ReadOnlySpan<double> distances, ReadOnlySpan<bool> same, double target)
    {
        var folds = Parts(distances.Length, same.Length);
        var rates = new double[Folds];
        var met = new double[Folds];
        var thresholds = new double[Folds];
        for (var fold = 0; fold < Folds; fold++)
        {
            var (start, end) = (folds[fold].Start.Value, folds[fold].End.Value);
            double[] others = [.. distances[..start], .. distances[end..]];
            bool[] othersSame = [.. same[..start], .. same[end..]];
            thresholds[fold] = Interpolate(others, othersSame, target);
            (rates[fold], met[fold]) = Rates(distances[folds[fold]], same[folds[fold]], thresholds[fold]);
        }

        var mean = rates.Average();
        return new TenFoldRateResult(mean, Math.Sqrt(rates.Average(rate => (rate - mean) * (rate - mean))), met.Average(), thresholds);
    }

    /// <summary>
    /// The variant of A-SKD's evaluation: cosine after subtracting the mean vector of the nine folds; the threshold is the
    /// mean of all that decide best among 20,001 in [-1, 1]; a score equal to it counts as wrong.
    /// </summary>
    /// <param name="left">First vectors of the pairs, row by row.</param>
    /// <param name="right">Second vectors.</param>
    /// <param name="dimension">Length of a vector.</param>
    /// <param name="same">Whether each pair is of one person; at least ten.</param>
    public static TenFoldResult CentredCosineAccuracy(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int dimension, ReadOnlySpan<bool> same)
    {
        var folds = Parts(left.Length / dimension, same.Length);
        var accuracies = new double[Folds];
        var thresholds = new double[Folds];
        for (var fold = 0; fold < Folds; fold++)
        {
            var (start, end) = (folds[fold].Start.Value, folds[fold].End.Value);
            var cosines = CentredCosines(left, right, dimension, start, end);
            double[] others = [.. cosines[..start], .. cosines[end..]];
            bool[] othersSame = [.. same[..start], .. same[end..]];
            thresholds[fold] = MeanOfBest(others, othersSame);
            var correct = 0;
            for (var i = start; i < end; i++)
            {
                correct += (same[i] ? cosines[i] > thresholds[fold] : cosines[i] < thresholds[fold]) ? 1 : 0;
            }

            accuracies[fold] = (double)correct / (end - start);
        }

        return new TenFoldResult(accuracies, thresholds);
    }

    private static Range[] Parts(int pairs, int truths)
    {
        if (pairs != truths || pairs < Folds)
        {
            throw new ArgumentException($"{pairs} pairs and {truths} truth values: as many of both are needed, and {Folds} at least.");
        }

        var parts = new Range[Folds];
        for (int fold = 0, start = 0; fold < Folds; fold++)
        {
            var length = (pairs / Folds) + (fold < pairs % Folds ? 1 : 0);
            parts[fold] = start..(start + length);
            start += length;
        }

        return parts;
    }

    // The steps of numpy's arange, which multiplies.
    private static double Step(int step, double width) => step * width;

    private static int CountCorrect(ReadOnlySpan<double> distances, ReadOnlySpan<bool> same, double threshold)
    {
        var correct = 0;
        for (var i = 0; i < distances.Length; i++)
        {
            correct += distances[i] < threshold == same[i] ? 1 : 0;
        }

        return correct;
    }

    private static (double TrueAccepts, double FalseAccepts) Rates(ReadOnlySpan<double> distances, ReadOnlySpan<bool> same, double threshold)
    {
        int genuine = 0, impostors = 0, trueAccepts = 0, falseAccepts = 0;
        for (var i = 0; i < distances.Length; i++)
        {
            var accepted = distances[i] < threshold ? 1 : 0;
            (genuine, trueAccepts) = same[i] ? (genuine + 1, trueAccepts + accepted) : (genuine, trueAccepts);
            (impostors, falseAccepts) = same[i] ? (impostors, falseAccepts) : (impostors + 1, falseAccepts + accepted);
        }

        return ((double)trueAccepts / Math.Max(1, genuine), (double)falseAccepts / Math.Max(1, impostors));
    }

    private static double Interpolate(double[] distances, bool[] same, double target)
    {
        var impostors = distances.Where((_, i) => !same[i]).Order().ToArray();
        if (impostors.Length == 0)
        {
            return 0;
        }

        double previousRate = -1, previousThreshold = 0;
        for (int step = 0, accepted = 0; step < RateSteps; step++)
        {
            var threshold = Step(step, 0.001);
            while (accepted < impostors.Length && impostors[accepted] < threshold)
            {
                accepted++;
            }

            var rate = (double)accepted / impostors.Length;
            if (rate > target)
            {
                return previousRate < 0 ? 0 : previousThreshold + ((threshold - previousThreshold) * (target - previousRate) / (rate - previousRate));
            }

            (previousRate, previousThreshold) = (rate, threshold);
        }

        return previousThreshold;
    }

    private static double[] CentredCosines(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int dimension, int start, int end)
    {
        var pairs = left.Length / dimension;
        var mean = new double[dimension];
        for (var pair = 0; pair < pairs; pair++)
        {
            for (var i = 0; (pair < start || pair >= end) && i < dimension; i++)
            {
                mean[i] += left[(pair * dimension) + i] + right[(pair * dimension) + i];
            }
        }

        var count = 2.0 * (pairs - (end - start));
        var cosines = new double[pairs];
        for (var pair = 0; pair < pairs; pair++)
        {
            double product = 0, leftSquares = 0, rightSquares = 0;
            for (var i = 0; i < dimension; i++)
            {
                var a = left[(pair * dimension) + i] - (mean[i] / count);
                var b = right[(pair * dimension) + i] - (mean[i] / count);
                (product, leftSquares, rightSquares) = (product + (a * b), leftSquares + (a * a), rightSquares + (b * b));
            }

            cosines[pair] = product / Math.Sqrt(leftSquares * rightSquares);
        }

        return cosines;
    }

    private static double MeanOfBest(double[] cosines, bool[] same)
    {
        var genuine = cosines.Where((_, i) => same[i]).Order().ToArray();
        var impostors = cosines.Where((_, i) => !same[i]).Order().ToArray();
        int most = -1, found = 0, reached = 0, below = 0;
        double sum = 0;
        for (var step = 0; step <= CosineSteps; step++)
        {
            var threshold = -1 + (step * (2.0 / CosineSteps));
            while (reached < genuine.Length && genuine[reached] <= threshold)
            {
                reached++;
            }

            while (below < impostors.Length && impostors[below] < threshold)
            {
                below++;
            }

            var correct = genuine.Length - reached + below;
            if (correct > most)
            {
                (most, found, sum) = (correct, 0, 0);
            }

            (found, sum) = correct == most ? (found + 1, sum + threshold) : (found, sum);
        }

        return sum / found;
    }
}
