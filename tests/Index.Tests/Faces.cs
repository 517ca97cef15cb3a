using FaceCluster.Core;

namespace FaceCluster.Index.Tests;

/// <summary>Generated faces and the plain scans that the index must equal.</summary>
internal static class Faces
{
    public static FaceId Id(int number) => FaceId.Derive("tests", "camera", number, 0);

    /// <summary>Unit vectors around <paramref name="centres"/> random centres, a few exact duplicates among them.</summary>
    public static float[][] Mixture(int count, int dimension, int centres, int seed)
    {
        var random = new Random(seed);
        var means = Enumerable.Range(0, centres).Select(_ => Gaussian(random, dimension, 1)).ToArray();
        var vectors = new float[count][];
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && random.Next(20) == 0)
            {
                vectors[i] = vectors[random.Next(i)];
                continue;
            }

            var mean = means[random.Next(centres)];
            var noise = Gaussian(random, dimension, 0.6 + (0.6 * random.NextDouble()));
            vectors[i] = Unit([.. mean.Zip(noise, (a, b) => a + b)]);
        }

        return vectors;
    }

    public static float[] Unit(float[] raw)
    {
        var unit = new float[raw.Length];
        var magnitude = Similarity.Normalize(raw, unit);
        return float.IsFinite(magnitude) && magnitude > 0 ? unit : throw new ArgumentException("Not a direction.", nameof(raw));
    }

    public static float[] Gaussian(Random random, int dimension, double scale)
    {
        var values = new float[dimension];
        for (var i = 0; i < dimension; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * random.NextDouble()) / Math.Sqrt(dimension));
        }

        return values;
    }

    /// <summary>Magnitudes repeat, so that ranks are decided by id often.</summary>
    public static FaceRecord Record(int number, int seed) =>
        new(Id(number), 1 + (new Random(HashCode.Combine(number, seed)).Next(40) / 4f), number % 5, number * 10L);

    public static ExactIndex Index(float[][] vectors, int seed = 0)
    {
        var index = new ExactIndex(vectors[0].Length);
        for (var i = 0; i < vectors.Length; i++)
        {
            index.Append(Record(i, seed), vectors[i]);
        }

        return index;
    }

    public static ReadOnlyMemory<float>[] Queries(IEnumerable<float[]> vectors) =>
        [.. vectors.Select(vector => (ReadOnlyMemory<float>)vector)];

    /// <summary>All rows but tombstones that pass the filter, best first.</summary>
    public static Neighbour[] Scan(IndexView view, ReadOnlySpan<float> query, RowFilter? filter = null, int from = 0)
    {
        var all = new List<Neighbour>();
        for (var row = from; row < view.Count; row++)
        {
            var face = view.Face(row);
            if (!view.IsDeleted(row) && (filter is null || filter.Accepts(face)))
            {
                all.Add(new Neighbour(row, face.Id, Similarity.Dot(query, view.Vector(row))));
            }
        }

        all.Sort();
        return [.. all];
    }
}
