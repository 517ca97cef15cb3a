namespace FaceCluster.TrainingData.Datasets;

/// <summary>
/// Parts a set so that no person is on both sides: what a model is measured on are people it has never seen.
/// </summary>
public static class IdentitySplit
{
    /// <summary>Parts by a seed; the same seed and set give the same parts on every machine.</summary>
    /// <param name="dataset">The set.</param>
    /// <param name="firstShare">Share of the classes that go to the first part, between 0 and 1.</param>
    /// <param name="seed">Chooses the classes.</param>
    /// <exception cref="TrainingDataException">A part would hold no class.</exception>
    public static (SubsetDataset First, SubsetDataset Second) Split(FaceDataset dataset, double firstShare, long seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!(firstShare > 0 && firstShare < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(firstShare), firstShare, "The share must be between 0 and 1.");
        }

        var present = Enumerable.Range(0, dataset.ClassCount).Where(label => ClassSize(dataset, label) > 0).ToArray();
        var wanted = (int)Math.Round(firstShare * present.Length);
        if (wanted == 0 || wanted == present.Length)
        {
            throw new TrainingDataException($"{dataset.Name}: {present.Length} classes cannot be parted {firstShare:0.##} to {1 - firstShare:0.##}; both parts need one.");
        }

        Loading.RandomSource.At(seed, 0, 0).Shuffle(present.AsSpan());
        var first = new bool[dataset.ClassCount];
        foreach (var label in present.AsSpan(0, wanted))
        {
            first[label] = true;
        }

        var labels = dataset.Labels.ToArray();
        return (
            new SubsetDataset(dataset, $"{dataset.Name} (first part)", Enumerable.Range(0, labels.Length).Where(i => first[labels[i]])),
            new SubsetDataset(dataset, $"{dataset.Name} (second part)", Enumerable.Range(0, labels.Length).Where(i => !first[labels[i]])));
    }

    private static int ClassSize(FaceDataset dataset, int label) => dataset.ClassSizes[label];
}
