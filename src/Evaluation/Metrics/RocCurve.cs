namespace FaceCluster.Evaluation.Metrics;

/// <summary>One operating point: pairs whose score is at least the threshold are accepted.</summary>
/// <param name="Threshold">The lowest score that is accepted.</param>
/// <param name="FalseMatchRate">Accepted pairs of two people over all such pairs (FMR, FAR).</param>
/// <param name="FalseNonMatchRate">Rejected pairs of one person over all such pairs (FNMR); one less it is the TAR.</param>
public readonly record struct OperatingPoint(double Threshold, double FalseMatchRate, double FalseNonMatchRate)
{
    /// <summary>Accepted pairs of one person over all such pairs.</summary>
    public double TrueAcceptRate => 1 - FalseNonMatchRate;
}

/// <summary>
/// Verification errors over all thresholds, from scores where higher means more alike. A pair is accepted at a threshold
/// that it reaches, so equal scores stand or fall together.
/// </summary>
public sealed class RocCurve
{
    private readonly float[] _genuine;
    private readonly float[] _impostor;

    /// <summary>Takes over and sorts the scores.</summary>
    /// <param name="genuine">Scores of pairs of one person, at least one.</param>
    /// <param name="impostor">Scores of pairs of two people, at least one.</param>
    /// <exception cref="ArgumentException">A list is empty or holds a value that is not finite.</exception>
    public RocCurve(float[] genuine, float[] impostor)
    {
        Check(genuine, nameof(genuine));
        Check(impostor, nameof(impostor));
        (_genuine, _impostor) = (genuine, impostor);
        Array.Sort(_genuine);
        Array.Sort(_impostor);
    }

    /// <summary>Number of pairs of one person.</summary>
    public int GenuineCount => _genuine.Length;

    /// <summary>Number of pairs of two people.</summary>
    public int ImpostorCount => _impostor.Length;

    /// <summary>The scores of pairs of one person, ascending.</summary>
    public ReadOnlySpan<float> Genuine => _genuine;

    /// <summary>The scores of pairs of two people, ascending.</summary>
    public ReadOnlySpan<float> Impostor => _impostor;

    /// <summary>The rates at a threshold.</summary>
    public OperatingPoint At(double threshold) => new(
        threshold,
        (double)(_impostor.Length - CountBelow(_impostor, threshold)) / _impostor.Length,
        (double)CountBelow(_genuine, threshold) / _genuine.Length);

    /// <summary>The point with the highest TAR whose FAR does not exceed <paramref name="rate"/>.</summary>
    public OperatingPoint AtMost(double rate)
    {
        // So many impostors may be accepted; the next one's score, and all equal to it, may not be reached.
        var allowed = (int)Math.Floor((rate * _impostor.Length) + 1e-9);
        if (allowed >= _impostor.Length)
        {
            return At(Math.Min(_genuine[0], _impostor[0]));
        }

        var barred = _impostor[_impostor.Length - 1 - allowed];
        var genuine = FirstAbove(_genuine, barred);
        var impostor = FirstAbove(_impostor, barred);
        var lowest = Math.Min(
            genuine < _genuine.Length ? _genuine[genuine] : double.PositiveInfinity,
            impostor < _impostor.Length ? _impostor[impostor] : double.PositiveInfinity);
        return double.IsFinite(lowest) ? At(lowest) : new OperatingPoint(double.PositiveInfinity, 0, 1);
    }

    /// <summary>
    /// The TAR at the point whose FAR is nearest to <paramref name="rate"/>, the highest where several are, as the IJB
    /// protocol takes it.
    /// </summary>
    public OperatingPoint Nearest(double rate)
    {
        var below = AtMost(rate);
        var above = Above(below);

        // Equal distances may differ in their last bits.
        return above is { } next && next.FalseMatchRate - rate <= rate - below.FalseMatchRate + 1e-12 ? AtMost(next.FalseMatchRate) : below;
    }

    /// <summary>
    /// The equal error rate: the mean of FMR and FNMR at the score where they differ least, the lowest such score.
    /// </summary>
    public (double Rate, double Threshold) EqualError()
    {
        var (best, gap) = (0.0, double.MaxValue);
        foreach (var score in AroundCrossing())
        {
            var point = At(score);
            var distance = Math.Abs(point.FalseMatchRate - point.FalseNonMatchRate);

            // Equal gaps may differ in their last bits.
            if (distance < gap - 1e-12)
            {
                (best, gap) = (score, distance);
            }
        }

        var equal = At(best);
        return ((equal.FalseMatchRate + equal.FalseNonMatchRate) / 2, best);
    }

    /// <summary>Fisher's ratio of the two distributions: (difference of means)^2 over the sum of population variances.</summary>
    public double FisherRatio()
    {
        var (genuineMean, genuineVariance) = Moments(_genuine);
        var (impostorMean, impostorVariance) = Moments(_impostor);
        return (genuineMean - impostorMean) * (genuineMean - impostorMean) / (genuineVariance + impostorVariance);
    }

    private static (double Mean, double Variance) Moments(float[] values)
    {
        double sum = 0;
        foreach (var value in values)
        {
            sum += value;
        }

        var mean = sum / values.Length;
        double squares = 0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, squares / values.Length);
    }

    private static void Check(float[] scores, string name)
    {
        ArgumentNullException.ThrowIfNull(scores, name);
        if (scores.Length == 0)
        {
            throw new ArgumentException("There must be pairs of one person and pairs of two people.", name);
        }

        foreach (var score in scores)
        {
            if (!float.IsFinite(score))
            {
                throw new ArgumentException("A score is not finite.", name);
            }
        }
    }

    private static int CountBelow(float[] sorted, double threshold) => Partition(sorted, score => score < threshold);

    private static int FirstAbove(float[] sorted, float value) => Partition(sorted, score => score <= value);

    /// <summary>Number of leading values for which the test holds.</summary>
    private static int Partition(float[] sorted, Func<float, bool> holds)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = holds(sorted[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The next point with a higher FAR, or null.</summary>
    private OperatingPoint? Above(OperatingPoint point)
    {
        var accepted = (int)Math.Round(point.FalseMatchRate * _impostor.Length);
        return accepted < _impostor.Length ? At(_impostor[_impostor.Length - 1 - accepted]) : null;
    }

    /// <summary>
    /// The scores next to where the two curves cross, ascending. FNMR - FMR never falls with the threshold, so the
    /// crossing is found by halving; the smallest gap lies at the scores on its two sides.
    /// </summary>
    private IEnumerable<float> AroundCrossing()
    {
        var around = new List<float>(4);
        foreach (var scores in (float[][])[_genuine, _impostor])
        {
            var crossing = Partition(scores, score => At(score) is var point && point.FalseNonMatchRate < point.FalseMatchRate);
            around.AddRange(scores.AsSpan(Math.Max(0, crossing - 1)..Math.Min(scores.Length, crossing + 1)));
        }

        return around.Order();
    }
}
