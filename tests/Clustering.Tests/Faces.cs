using CsCheck;
using FaceCluster.Core;

namespace FaceCluster.Clustering.Tests;

/// <summary>Generated faces: identities around random centres, quality tied to noise, some exact duplicates.</summary>
internal static class Faces
{
    public const int Dimension = 16;

    /// <summary>Sets of up to 60 faces.</summary>
    public static Gen<FaceSet> Sets { get; } = Gen.Select(Gen.Int[0, 60], Gen.Int[1, 8], Gen.Int[0, 1_000_000]).Select((count, people, seed) => Make(count, people, seed));

    public static FaceSet Make(int count, int people, int seed, double noise = 0.45)
    {
        var random = new Random(seed);
        var centres = Enumerable.Range(0, people).Select(_ => Gaussian(random)).ToArray();
        var raw = new float[count * Dimension];
        var ids = new FaceId[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = FaceId.Derive("test", "camera", seed, i);
            var row = raw.AsSpan(i * Dimension, Dimension);
            if (i > 0 && random.Next(10) == 0)
            {
                raw.AsSpan(random.Next(i) * Dimension, Dimension).CopyTo(row);
                continue;
            }

            var blur = noise * (0.4 + (1.2 * random.NextDouble()));
            var centre = centres[random.Next(people)];
            var other = Gaussian(random);
            for (var d = 0; d < Dimension; d++)
            {
                // Coarse values make equal magnitudes and similarities frequent.
                row[d] = MathF.Round((float)((centre[d] + (blur * other[d])) * (3 - blur) * 4)) / 4;
            }

            row[0] = row.IndexOfAnyExcept(0f) < 0 ? 1 : row[0];
        }

        return FaceSet.FromRaw(raw, Dimension, ids);
    }

    public static int[] Shuffled(int count, int seed)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    private static double[] Gaussian(Random random) =>
        [.. Enumerable.Range(0, Dimension).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
}
