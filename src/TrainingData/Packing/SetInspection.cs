using System.Collections.Concurrent;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.RecordIo;
using FaceCluster.TrainingData.Verification;

namespace FaceCluster.TrainingData.Packing;

/// <summary>Looks at sets: quickly, or at every picture.</summary>
public static class SetInspection
{
    /// <summary>What a set holds, without decoding it.</summary>
    /// <exception cref="TrainingDataException">It cannot be opened.</exception>
    public static SetSummary Summarize(string path)
    {
        if (IsBin(path))
        {
            using var set = VerificationBin.Open(path);
            return new SetSummary { Kind = "verification", Pictures = set.PictureCount, Pairs = set.Pairs.Count, SamePairs = set.Pairs.Count(pair => pair.Same) };
        }

        using var dataset = FaceDatasets.Open(path);
        var sizes = dataset.ClassSizes.ToArray();
        Array.Sort(sizes);
        return new SetSummary
        {
            Kind = dataset is RecordDataset ? "records" : "pictures",
            Pictures = dataset.Count,
            Classes = dataset.ClassCount,
            ClassSizes = [sizes[0], sizes[sizes.Length / 2], sizes[^1]],
            EmptyClasses = sizes.Count(size => size == 0),
            SingleClasses = sizes.Count(size => size == 1),
        };
    }

    /// <summary>Reads and decodes every picture.</summary>
    /// <exception cref="TrainingDataException">The set cannot be opened.</exception>
    public static SetReport Verify(string path, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        if (IsBin(path))
        {
            using var set = VerificationBin.Open(path);
            var faults = ReadAll(set.PictureCount, index => set.Read(index).Dispose(), progress, cancellationToken);
            return new SetReport(set.PictureCount, faults, []);
        }

        using var dataset = FaceDatasets.Open(path);
        var found = ReadAll(dataset.Count, index => dataset.Read(index).Dispose(), progress, cancellationToken);
        var sizes = dataset.ClassSizes.ToArray();
        string[] warnings =
        [
            .. sizes.Select((size, label) => (size, label)).Where(known => known.size < 2).Select(known => known.size == 0
                ? $"class {dataset.ClassName(known.label)} has no picture."
                : $"class {dataset.ClassName(known.label)} has one picture: nothing is learned about what its pictures have in common."),
        ];
        return new SetReport(dataset.Count, found, warnings);
    }

    private static bool IsBin(string path) => path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    private static string[] ReadAll(int count, Action<int> read, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var faults = new ConcurrentBag<(int Index, string Fault)>();
        var done = 0;
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, index =>
        {
            try
            {
                read(index);
            }
            catch (TrainingDataException error)
            {
                faults.Add((index, error.Message));
            }

            progress?.Report((double)Interlocked.Increment(ref done) / count);
        });
        return [.. faults.OrderBy(fault => fault.Index).Select(fault => fault.Fault)];
    }
}
