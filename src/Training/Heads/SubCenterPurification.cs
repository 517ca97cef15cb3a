using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>What <see cref="SubCenterPurification"/> decided about one class.</summary>
/// <param name="Class">Label in the noisy set.</param>
/// <param name="Counts">Pictures whose best sub-center is this one.</param>
/// <param name="Dominant">The sub-center with the most pictures; the lowest of equals.</param>
/// <param name="Cosines">Cosine of each picture to the dominant sub-center, in order of the pictures.</param>
/// <param name="Kept">Positions of the kept pictures among the pictures of the class.</param>
/// <param name="NewLabel">Label in the purified set, or null where no picture is left.</param>
public sealed record PurifiedClass(long Class, IReadOnlyList<int> Counts, int Dominant, IReadOnlyList<double> Cosines, IReadOnlyList<int> Kept, long? NewLabel);

/// <summary>
/// The purification step of Sub-center ArcFace (Deng et al. 2020): a class keeps the pictures near the sub-center that most of its
/// pictures choose; classes left empty are dropped and later ones move up. The purified set is trained again with one center.
/// </summary>
public static class SubCenterPurification
{
    /// <param name="embeddings">[pictures, dimensions], any length.</param>
    /// <param name="labels">[pictures], classes.</param>
    /// <param name="weight">[classes * subCenters, dimensions], row r of class r / subCenters.</param>
    /// <param name="subCenters">Rows of a class.</param>
    /// <param name="degrees">Pictures farther than this from the dominant sub-center are dropped; 75 in the paper.</param>
    /// <returns>One entry for every class that has a picture, ascending.</returns>
    public static IReadOnlyList<PurifiedClass> Purify(Tensor embeddings, ReadOnlySpan<long> labels, Tensor weight, int subCenters, double degrees = 75)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(subCenters);
        var pictures = new SortedDictionary<long, List<int>>();
        for (var i = 0; i < labels.Length; i++)
        {
            if (!pictures.TryGetValue(labels[i], out var list))
            {
                pictures[labels[i]] = list = [];
            }

            list.Add(i);
        }

        var limit = Math.Cos(degrees * Math.PI / 180);
        var result = new List<PurifiedClass>(pictures.Count);
        var next = 0L;
        using var quiet = no_grad();
        foreach (var (label, members) in pictures)
        {
            using var scope = NewDisposeScope();
            var own = nn.functional.normalize(embeddings.index_select(0, tensor(members.Select(member => (long)member).ToArray())), 2, 1);
            var centers = nn.functional.normalize(weight.narrow(0, label * subCenters, subCenters), 2, 1);
            var cosine = own.matmul(centers.t()).to_type(ScalarType.Float64).contiguous();
            var values = cosine.data<double>().ToArray();
            var counts = new int[subCenters];
            for (var i = 0; i < members.Count; i++)
            {
                var row = values.AsSpan(i * subCenters, subCenters);
                counts[row.IndexOf(Max(row))]++;
            }

            var dominant = Array.IndexOf(counts, counts.Max());
            var cosines = Enumerable.Range(0, members.Count).Select(i => values[i * subCenters + dominant]).ToArray();
            int[] kept = [.. Enumerable.Range(0, members.Count).Where(i => cosines[i] > limit)];
            result.Add(new PurifiedClass(label, counts, dominant, cosines, kept, kept.Length > 0 ? next++ : null));
        }

        return result;
    }

    private static double Max(ReadOnlySpan<double> values)
    {
        var largest = values[0];
        foreach (var value in values)
        {
            largest = Math.Max(largest, value);
        }

        return largest;
    }
}
