using System.Runtime.InteropServices;
using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Grains.Tests;

/// <summary>Generated faces of generated people, with what makes linking hard: ties in similarity and in magnitude.</summary>
public sealed class Crowd
{
    public const int Dimension = 32;

    private Crowd(IReadOnlyList<Sighting> sightings) => Sightings = sightings;

    /// <summary>One item with one face.</summary>
    public sealed record Sighting(string Camera, long Sequence, float[] Raw);

    public IReadOnlyList<Sighting> Sightings { get; }

    public static Crowd Create(int seed, int faces, int cameras)
    {
        var random = new Random(seed);
        var people = Math.Max(1, faces / 8);
        var centres = Enumerable.Range(0, people).Select(_ => Gaussian(random, 1)).ToArray();
        var sequences = new long[cameras];
        var sightings = new List<Sighting>(faces);
        for (var i = 0; i < faces; i++)
        {
            var camera = random.Next(cameras);
            float[] raw;
            if (i > 0 && random.Next(10) == 0)
            {
                // The same picture again: similarity 1, equal magnitude, and ties with everybody else.
                raw = [.. sightings[random.Next(i)].Raw];
            }
            else
            {
                var centre = centres[random.Next(people)];
                var noise = Gaussian(random, 0.3f + (0.5f * random.NextSingle()));
                raw = [.. centre.Zip(noise, static (c, n) => c + n)];
                if (random.Next(4) == 0)
                {
                    // A round magnitude, so that ranks tie and ids decide.
                    var length = MathF.Sqrt(raw.Sum(static x => x * x));
                    raw = [.. raw.Select(x => x / length * 8)];
                }
            }

            sightings.Add(new Sighting($"camera-{camera}", sequences[camera]++, raw));
        }

        return new Crowd(sightings);
    }

    /// <summary>The batch forest of the faces that are left after deletions.</summary>
    public Clustering.Forest Batch(string collection, CollectionSettings settings, IReadOnlySet<FaceId>? deleted = null)
    {
        var kept = Sightings.Where(sighting => deleted is null || !deleted.Contains(Id(collection, sighting))).ToArray();
        var faces = FaceSet.FromRaw(
            [.. kept.SelectMany(static sighting => sighting.Raw)],
            Dimension,
            [.. kept.Select(sighting => Id(collection, sighting))]);
        return BatchForest.Build(faces, new ForestOptions(settings.LinkThreshold, settings.AmbiguityMargin, settings.QualityGate));
    }

    public static FaceId Id(string collection, Sighting sighting) => FaceId.Derive(collection, sighting.Camera, sighting.Sequence, 0);

    public static IngestBlock Block(IReadOnlyList<Sighting> sightings) => new()
    {
        Camera = sightings[0].Camera,
        Items = [.. sightings.Select(static sighting => new IngestItem
        {
            Sequence = sighting.Sequence,
            CaptureTimeMicros = sighting.Sequence * 40_000,
            PayloadDigest = (ulong)HashCode.Combine(sighting.Camera.Length, sighting.Raw[0], sighting.Raw[^1]),
            Source = ItemSource.Embedding,
            Faces = [new FaceObservation()],
        })],
        Embeddings = MemoryMarshal.AsBytes(sightings.SelectMany(static sighting => sighting.Raw).ToArray().AsSpan()).ToArray(),
    };

    private static float[] Gaussian(Random random, float scale)
    {
        var vector = new float[Dimension];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())) * scale;
        }

        return vector;
    }
}
