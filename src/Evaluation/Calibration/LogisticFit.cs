using FaceCluster.TrainingData.Loading;
using FaceCluster.Vision.Models;

namespace FaceCluster.Evaluation.Calibration;

/// <summary>
/// Fits the calibration of a model: logistic regression of "one person" on the cosine, by Newton's method (Platt, 1999),
/// over at most six pairs of each person and as many pairs of two people.
/// </summary>
public static class LogisticFit
{
    /// <summary>Pairs of one person that each person gives at most, so that the most photographed do not decide.</summary>
    public const int PairsPerPerson = 6;

    private const int MaxSteps = 100;

    /// <summary>Fits slope and midpoint.</summary>
    /// <param name="genuine">Cosines of pairs of one person.</param>
    /// <param name="impostor">Cosines of pairs of two people.</param>
    /// <exception cref="ArgumentException">A list is empty, or the two can be parted without error, so that no slope is the best.</exception>
    public static ModelCalibration Fit(ReadOnlySpan<double> genuine, ReadOnlySpan<double> impostor)
    {
        if (genuine.IsEmpty || impostor.IsEmpty)
        {
            throw new ArgumentException("A calibration needs pairs of one person and of two people.");
        }

        // Counted alike, whatever their numbers.
        var (genuineWeight, impostorWeight) = (0.5 / genuine.Length, 0.5 / impostor.Length);
        double slope = 0, offset = 0;
        for (var step = 0; step < MaxSteps; step++)
        {
            var sums = new NewtonSums();
            foreach (var cosine in genuine)
            {
                sums.Add(cosine, 1, genuineWeight, slope, offset);
            }

            foreach (var cosine in impostor)
            {
                sums.Add(cosine, 0, impostorWeight, slope, offset);
            }

            var (slopeStep, offsetStep) = sums.Solve();
            (slope, offset) = (slope + slopeStep, offset + offsetStep);
            if (!double.IsFinite(slope) || slope > 1e4)
            {
                break;
            }

            if (Math.Abs(slopeStep) < 1e-10 * Math.Abs(slope) && Math.Abs(offsetStep) < 1e-10 * Math.Max(1, Math.Abs(offset)))
            {
                return slope > 0 && Math.Abs(offset / slope) <= 1
                    ? new ModelCalibration(slope, -offset / slope)
                    : throw new ArgumentException("Pairs of one person are not more alike than others; there is nothing to calibrate.");
            }
        }

        throw new ArgumentException("The pairs can be parted without an error, so no slope is the best: measure on more pictures.");
    }

    /// <summary>
    /// The pairs to fit on: at most six of each person, chosen at random, and as many random pairs of two people.
    /// </summary>
    /// <param name="identities">The person of each face.</param>
    /// <param name="cosine">The cosine of two faces.</param>
    /// <param name="seed">Chooses the pairs.</param>
    /// <exception cref="ArgumentException">No person has two faces, or there is only one person.</exception>
    public static (double[] Genuine, double[] Impostor) ChoosePairs(ReadOnlySpan<int> identities, Func<int, int, double> cosine, long seed)
    {
        ArgumentNullException.ThrowIfNull(cosine);
        var people = identities.ToArray();
        var random = RandomSource.At(seed, 0, 0);
        var genuine = new List<double>();
        foreach (var faces in people.Select((person, row) => (person, row)).GroupBy(face => face.person, face => face.row).OrderBy(group => group.Key))
        {
            var rows = faces.ToArray();
            var pairs = rows.SelectMany((left, i) => rows.Skip(i + 1).Select(right => (left, right))).ToArray();
            int[] order = [.. Enumerable.Range(0, pairs.Length)];
            random.Shuffle(order);
            genuine.AddRange(order.Take(PairsPerPerson).Select(i => cosine(pairs[i].left, pairs[i].right)));
        }

        if (genuine.Count == 0 || people.Distinct().Count() < 2)
        {
            throw new ArgumentException("A calibration needs people with two faces, and two people.");
        }

        var impostor = new List<double>(genuine.Count);
        while (impostor.Count < genuine.Count)
        {
            var (left, right) = (random.Next(people.Length), random.Next(people.Length));
            if (people[left] != people[right])
            {
                impostor.Add(cosine(left, right));
            }
        }

        return ([.. genuine], [.. impostor]);
    }

    /// <summary>Gradient and curvature of the log likelihood.</summary>
    private struct NewtonSums
    {
        private double _slope;
        private double _offset;
        private double _slopeSlope;
        private double _slopeOffset;
        private double _offsetOffset;

        public void Add(double cosine, double target, double weight, double slope, double offset)
        {
            var probability = 1 / (1 + Math.Exp(-((slope * cosine) + offset)));
            var curvature = weight * probability * (1 - probability);
            _slope += weight * (target - probability) * cosine;
            _offset += weight * (target - probability);
            _slopeSlope += curvature * cosine * cosine;
            _slopeOffset += curvature * cosine;
            _offsetOffset += curvature;
        }

        public readonly (double Slope, double Offset) Solve()
        {
            var determinant = (_slopeSlope * _offsetOffset) - (_slopeOffset * _slopeOffset);
            return (((_slope * _offsetOffset) - (_offset * _slopeOffset)) / determinant, ((_offset * _slopeSlope) - (_slope * _slopeOffset)) / determinant);
        }
    }
}
