using System.Runtime.InteropServices;
using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;

namespace FaceCluster.Vision.Models;

/// <summary>
/// Sets weights to zero that training has decayed to nothing. They change no output, but what they are multiplied
/// with becomes denormal, and arithmetic on denormal numbers is many times slower on most processors: the default
/// embedding model takes 80 ms a face with them and 10 ms without.
/// </summary>
/// <remarks>
/// A processor flag for this exists, but it would have to be set on every thread that runs a model and would change
/// the arithmetic of all other code there.
/// </remarks>
internal static class WeightFlusher
{
    /// <summary>A weight this much smaller than the largest of its tensor is nothing: single precision has 6e-8.</summary>
    public const float Negligible = 1e-12f;

    private const int Float = 1;

    /// <summary>Flushes all weights of a graph.</summary>
    /// <returns>Number of weights set to zero.</returns>
    public static int Flush(GraphProto graph)
    {
        var flushed = 0;
        foreach (var tensor in graph.Initializer.Where(tensor => tensor.DataType == Float && !tensor.RawData.IsEmpty && BitConverter.IsLittleEndian))
        {
            var bytes = tensor.RawData.ToByteArray();
            var count = Flush(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
            if (count > 0)
            {
                tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
                flushed += count;
            }
        }

        return flushed;
    }

    private static int Flush(Span<float> weights)
    {
        float largest = 0;
        foreach (var weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        var (limit, count) = (largest * Negligible, 0);
        foreach (ref var weight in weights)
        {
            if (weight != 0 && Math.Abs(weight) < limit)
            {
                weight = 0;
                count++;
            }
        }

        return count;
    }
}
