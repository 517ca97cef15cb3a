using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Generated people for sizes of which there is no real set: directions in 104 dimensions (the impostor spread of real
/// faces), magnitudes spread and noised like lfw-dev-fleet, rows in rank order. Its neighbour graph stands in for exact
/// search: the other faces of the person, of four people that look alike, and random ones compete for the places.
/// </summary>
internal sealed class FaceMixture
{
    private const int Dimension = 512;
    private const int Latent = 104;
    private const int PerPerson = 20;

    public required FaceSet Faces { get; init; }

    public required float[] Units { get; init; }

    public required double[] Cosines { get; init; }

    public required int[] Truth { get; init; }

    public required KnnGraph Graph { get; init; }

    public static FaceMixture Make(int count, int k)
    {
        var people = Math.Max(1, count / PerPerson);
        var truth = new int[count];
        var units = new float[count * Dimension];
        var magnitudes = new float[count];
        var cosines = new double[count];
        var ids = new FaceId[count];
        var calibration = EmbeddingCalibration.DefaultModel;
        var members = new List<int>[people];
        for (var p = 0; p < people; p++)
        {
            members[p] = [];
        }

        var random = new Random(count);
        for (var i = 0; i < count; i++)
        {
            truth[i] = random.Next(people);
            members[truth[i]].Add(i);
        }

        Parallel.For(0, count, i =>
        {
            magnitudes[i] = 4.6f - (2.6f * (i + 1) / count);
            cosines[i] = calibration.ExpectedCosine(magnitudes[i]);
            ids[i] = new FaceId((ulong)(count - i), 1);
            var person = new Random(truth[i] * 7919);
            var own = new Random(i + 17);
            var row = units.AsSpan(i * Dimension, Latent);
            var noise = Math.Sqrt(1 - (cosines[i] * cosines[i]));
            for (var d = 0; d < Latent; d++)
            {
                row[d] = (float)((cosines[i] * Gauss(person)) + (noise * Gauss(own)));
            }

            Similarity.Normalize(units.AsSpan(i * Dimension, Dimension), units.AsSpan(i * Dimension, Dimension));
        });
        return new FaceMixture
        {
            Faces = new FaceSet(ids, magnitudes, units, Dimension),
            Units = units,
            Cosines = cosines,
            Truth = truth,
            Graph = Link(units, truth, members, count, k),
        };
    }

    private static KnnGraph Link(float[] units, int[] truth, List<int>[] members, int count, int k)
    {
        var rows = new int[count * k];
        var similarities = new float[count * k];
        Array.Fill(rows, -1);
        Parallel.For(0, count, i =>
        {
            var candidates = new HashSet<int>();
            for (var p = 0; p < 5; p++)
            {
                candidates.UnionWith(members[(truth[i] + p) % members.Length]);
            }

            var random = new Random(i);
            for (var r = 0; r < 40; r++)
            {
                candidates.Add(random.Next(count));
            }

            candidates.Remove(i);
            var best = candidates
                .Select(j => (Row: j, Similarity: FloatKernel.Dot(units.AsSpan(i * Dimension, Dimension), units.AsSpan(j * Dimension, Dimension))))
                .OrderByDescending(c => c.Similarity).Take(k);
            var at = i * k;
            foreach (var (row, similarity) in best)
            {
                rows[at] = row;
                similarities[at++] = similarity;
            }
        });
        return new KnnGraph(count, k, rows, similarities);
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
