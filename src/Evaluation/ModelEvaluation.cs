using System.Globalization;
using FaceCluster.Clustering;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Metrics;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Verification;

namespace FaceCluster.Evaluation;

/// <summary>All that can be measured on a set of embeddings whose people, or pairs of them, are known.</summary>
public static class ModelEvaluation
{
    private static readonly double[] Shares = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];
    private static readonly double[] Quantiles = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

    /// <summary>Measures.</summary>
    /// <param name="model">The model's id.</param>
    /// <param name="faces">The faces.</param>
    /// <param name="mirrored">Their mirror images; needed where <paramref name="flip"/> compares them.</param>
    /// <param name="identities">The person of each face, or null.</param>
    /// <param name="pairs">The pairs of the ten-fold protocol by row, or null.</param>
    /// <param name="flip">What the ten-fold protocol compares.</param>
    /// <param name="calibration">What the clustering is told of the model, or null to learn it from the faces.</param>
    /// <exception cref="TrainingDataException">There are neither people nor pairs, or too few of them.</exception>
    public static EvaluationResult Run(
        string model,
        FaceEmbeddings faces,
        FaceEmbeddings? mirrored,
        int[]? identities,
        IReadOnlyList<VerificationPair>? pairs,
        FlipMode flip = FlipMode.None,
        EmbeddingCalibration? calibration = null)
    {
        ArgumentNullException.ThrowIfNull(faces);
        var result = new EvaluationResult
        {
            Model = model,
            Faces = faces.Count,
            Flip = flip.ToString().ToLowerInvariant(),
            MagnitudeQuantiles = QuantilesOf(faces.Magnitudes),
        };
        result = identities is null && pairs is null
            ? throw new TrainingDataException("There are neither known people nor pairs to measure with: name files Name_0001.jpg or give a list of pairs.")
            : AddRates(result, faces, identities, pairs);
        if (pairs is { Count: >= 10 })
        {
            var accuracy = TenFold(faces, mirrored, pairs, flip);
            result = result with { ListedPairs = pairs.Count, Accuracy = accuracy.Accuracy, AccuracyDeviation = accuracy.Deviation };
        }

        return identities is null ? result : AddPeople(result, faces, identities, calibration);
    }

    /// <summary>The accuracy of listed pairs.</summary>
    public static TenFoldResult TenFold(FaceEmbeddings faces, FaceEmbeddings? mirrored, IReadOnlyList<VerificationPair> pairs, FlipMode flip)
    {
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentNullException.ThrowIfNull(pairs);
        if (flip != FlipMode.None && mirrored is null)
        {
            throw new ArgumentException("Comparing with mirror images needs them.", nameof(mirrored));
        }

        bool[] same = [.. pairs.Select(pair => pair.Same)];
        if (flip == FlipMode.Concat)
        {
            // A-SKD's protocol is defined for this form: centred by the training folds.
            return TenFoldVerification.CentredCosineAccuracy(
                Concatenate(faces, mirrored!, [.. pairs.Select(pair => pair.Left)]), Concatenate(faces, mirrored!, [.. pairs.Select(pair => pair.Right)]), 2 * faces.Dimension, same);
        }

        double[] distances = [.. pairs.Select(pair => SquaredDistance(faces, flip == FlipMode.Add ? mirrored : null, pair.Left, pair.Right))];
        return TenFoldVerification.Accuracy(distances, same);
    }

    /// <summary>Magnitude by share of faces, as a manifest has it.</summary>
    public static IReadOnlyDictionary<string, double> QuantilesOf(ReadOnlySpan<float> magnitudes)
    {
        var sorted = magnitudes.ToArray();
        Array.Sort(sorted);
        var table = new SortedDictionary<double, double>();
        foreach (var share in Quantiles)
        {
            var at = share * (sorted.Length - 1);
            var low = (int)at;
            table[share] = sorted[low] + ((at - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
        }

        return table.ToDictionary(entry => entry.Key.ToString(CultureInfo.InvariantCulture), entry => Math.Round(entry.Value, 6));
    }

    private static EvaluationResult AddRates(EvaluationResult result, FaceEmbeddings faces, int[]? identities, IReadOnlyList<VerificationPair>? pairs)
    {
        var scores = identities is not null ? PairScores.All(faces, identities) : PairScores.Listed(faces, pairs!);
        if (scores.Genuine.Length == 0 || scores.Impostor.Length == 0)
        {
            return result;
        }

        var unsorted = (float[])scores.Genuine.Clone();
        var roc = new RocCurve(scores.Genuine, scores.Impostor);
        var (point3, point4) = (roc.AtMost(1e-3), roc.AtMost(1e-4));
        var fixedThreshold = roc.AtMost(ErrorVersusReject.FalseMatchRate).Threshold;
        return result with
        {
            ScoresFrom = identities is not null ? "all" : "pairs",
            GenuinePairs = roc.GenuineCount,
            ImpostorPairs = roc.ImpostorCount,
            TrueAcceptRate3 = point3.TrueAcceptRate,
            TrueAcceptRate4 = point4.TrueAcceptRate,
            TrueAcceptRate5 = roc.AtMost(1e-5).TrueAcceptRate,
            Threshold3 = Finite(point3.Threshold),
            Threshold4 = Finite(point4.Threshold),
            EqualErrorRate = roc.EqualError().Rate,
            Fmr100 = roc.AtMost(0.01).FalseNonMatchRate,
            Fmr1000 = roc.AtMost(0.001).FalseNonMatchRate,
            FisherRatio = Finite(roc.FisherRatio()),
            ErrorVersusReject = ErrorVersusReject.Curve(unsorted, scores.GenuineQuality, fixedThreshold, Shares),
        };
    }

    private static EvaluationResult AddPeople(EvaluationResult result, FaceEmbeddings faces, int[] identities, EmbeddingCalibration? calibration)
    {
        var (rows, cosines) = IdentityCentres.Cosines(faces, identities);
        var magnitudes = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            magnitudes[i] = faces.Magnitudes[rows[i]];
        }

        var set = FaceSet.FromRaw(faces.Raw.ToArray(), faces.Dimension);
        var groups = GroupClustering.Run(set, calibration: calibration ?? EmbeddingCalibration.Learn(set));
        var scores = ClusteringEvaluation.Evaluate(groups.Centres, identities);
        return result with
        {
            Identities = scores.Identities,
            SpearmanMagnitude = rows.Length > 0 ? Finite(RankCorrelation.Spearman(magnitudes, cosines)) : null,
            BCubedF = Finite(scores.BCubed.F),
            PairwiseF = Finite(scores.Pairwise.F),
            Clusters = scores.Clusters,
        };
    }

    private static double SquaredDistance(FaceEmbeddings faces, FaceEmbeddings? mirrored, int left, int right)
    {
        double product = 0, leftSquares = 0, rightSquares = 0;
        for (var i = 0; i < faces.Dimension; i++)
        {
            double a = faces.Vector(left)[i], b = faces.Vector(right)[i];
            if (mirrored is not null)
            {
                (a, b) = (a + mirrored.Vector(left)[i], b + mirrored.Vector(right)[i]);
            }

            (product, leftSquares, rightSquares) = (product + (a * b), leftSquares + (a * a), rightSquares + (b * b));
        }

        return 2 - (2 * product / Math.Sqrt(leftSquares * rightSquares));
    }

    private static float[] Concatenate(FaceEmbeddings faces, FaceEmbeddings mirrored, int[] rows)
    {
        var width = 2 * faces.Dimension;
        var vectors = new float[rows.Length * width];
        for (var i = 0; i < rows.Length; i++)
        {
            faces.Vector(rows[i]).CopyTo(vectors.AsSpan(i * width));
            mirrored.Vector(rows[i]).CopyTo(vectors.AsSpan((i * width) + faces.Dimension));
        }

        return vectors;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
