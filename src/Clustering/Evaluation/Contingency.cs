using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <summary>How many items each pair of a predicted and a true label shares, and the sizes of both.</summary>
internal sealed class Contingency
{
    private readonly int _count;

    public Contingency(ReadOnlySpan<int> predicted, ReadOnlySpan<int> truth)
    {
        _count = predicted.Length;
        var predictedIndex = new Dictionary<int, int>();
        var trueIndex = new Dictionary<int, int>();
        var predictedSizes = new List<int>();
        var trueSizes = new List<int>();
        var cells = new Dictionary<(int Predicted, int True), int>();
        for (var i = 0; i < predicted.Length; i++)
        {
            var p = Count(predictedIndex, predictedSizes, predicted[i]);
            var t = Count(trueIndex, trueSizes, truth[i]);
            CollectionsMarshal.GetValueRefOrAddDefault(cells, (p, t), out _)++;
        }

        PredictedSizes = predictedSizes;
        TrueSizes = trueSizes;
        Cells = cells;
    }

    public IReadOnlyList<int> PredictedSizes { get; }

    public IReadOnlyList<int> TrueSizes { get; }

    public IReadOnlyDictionary<(int Predicted, int True), int> Cells { get; }

    /// <summary>
    /// Mutual information over the arithmetic and over the geometric mean of the entropies, natural logarithms: 1 where
    /// both sides have one class, 0 where the information is 0 (scikit-learn's conventions).
    /// </summary>
    public (double Arithmetic, double Geometric) NormalizedMutualInformation()
    {
        if (PredictedSizes.Count <= 1 && TrueSizes.Count <= 1)
        {
            return (1, 1);
        }

        var information = 0.0;
        foreach (var (cell, count) in Cells)
        {
            information += (double)count / _count
                * (Math.Log((double)count * _count) - Math.Log((double)PredictedSizes[cell.Predicted] * TrueSizes[cell.True]));
        }

        var predicted = Entropy(PredictedSizes);
        var truth = Entropy(TrueSizes);
        return information <= double.Epsilon || PredictedSizes.Count == 1 || TrueSizes.Count == 1
            ? (0, 0)
            : (information / ((predicted + truth) / 2), information / Math.Sqrt(predicted * truth));
    }

    private static int Count(Dictionary<int, int> index, List<int> sizes, int label)
    {
        ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(index, label, out var known);
        if (!known)
        {
            at = sizes.Count;
            sizes.Add(0);
        }

        sizes[at]++;
        return at;
    }

    private double Entropy(IReadOnlyList<int> sizes)
    {
        var entropy = 0.0;
        foreach (var size in sizes)
        {
            var share = (double)size / _count;
            entropy -= share * Math.Log(share);
        }

        return entropy;
    }
}
