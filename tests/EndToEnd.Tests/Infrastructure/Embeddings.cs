using System.Runtime.InteropServices;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>Made-up people: directions in space, and sightings of them with noise.</summary>
public sealed class Embeddings(int seed)
{
    public const string ModelId = "synthetic-512";
    public const int Dimension = 512;

    private readonly Random _random = new(seed);

    /// <summary>A person: a direction.</summary>
    public float[] Person()
    {
        var direction = new float[Dimension];
        for (var i = 0; i < Dimension; i++)
        {
            direction[i] = Gaussian();
        }

        return direction;
    }

    /// <summary>A sighting; a blur of 0.5 gives two sightings of one person a cosine of about 0.8.</summary>
    public float[] See(float[] person, double blur = 0.5)
    {
        var seen = new float[Dimension];
        var brightness = 0.5f + (float)_random.NextDouble();
        for (var i = 0; i < Dimension; i++)
        {
            seen[i] = brightness * (person[i] + ((float)blur * Gaussian()));
        }

        return seen;
    }

    public static Embedding Wire(float[] values, string modelId = ModelId) => new()
    {
        ModelId = modelId,
        Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };

    public static IngestItem Item(long sequence, float[] values) => new() { Sequence = sequence, Embedding = Wire(values) };

    public static float[] Floats(ByteString bytes) => MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();

    private float Gaussian() => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
}
