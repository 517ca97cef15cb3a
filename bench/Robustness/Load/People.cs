using System.Runtime.InteropServices;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Robustness.Load;

/// <summary>Made-up people: directions in space, and sightings of them with noise.</summary>
public sealed class People
{
    /// <summary>Length of an embedding.</summary>
    public const int Dimension = 512;

    private readonly float[][] _directions;

    /// <param name="seed">Where the directions come from.</param>
    /// <param name="count">How many people there are.</param>
    public People(int seed, int count)
    {
        var random = new Random(seed);
        _directions = [.. Enumerable.Range(0, count).Select(_ => Noise(random))];
    }

    /// <summary>A sighting of one of them; two of one person have a cosine of about 0.8.</summary>
    public float[] See(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var person = _directions[random.Next(_directions.Length)];
        var brightness = 0.5f + (float)random.NextDouble();
        var seen = Noise(random);
        for (var i = 0; i < Dimension; i++)
        {
            seen[i] = brightness * (person[i] + (0.5f * seen[i]));
        }

        return seen;
    }

    /// <summary>An item as a camera sends it, with a clock that may be wrong by a day.</summary>
    public static IngestItem Item(long sequence, float[] values, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new IngestItem
        {
            Sequence = sequence,
            CaptureTime = Timestamp.FromDateTime(DateTime.UtcNow.AddHours((random.NextDouble() * 48) - 24)),
            Embedding = new Embedding
            {
                ModelId = Processes.ClusterUnderTest.ModelId,
                Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
            },
        };
    }

    private static float[] Noise(Random random)
    {
        var values = new float[Dimension];
        for (var i = 0; i < Dimension; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }
}
