using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>Embeddings as messages carry them: little-endian singles, one vector after the other.</summary>
internal static class EmbeddingBytes
{
    /// <summary>The floats of one vector.</summary>
    public static float[] ToArray(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    /// <summary>The unit vectors of a query.</summary>
    /// <exception cref="DomainException">The length does not fit, or a vector cannot be normalised; names the first.</exception>
    public static ReadOnlyMemory<float>[] ToUnits(ReadOnlySpan<byte> bytes, int dimension)
    {
        var size = dimension * sizeof(float);
        if (bytes.IsEmpty || bytes.Length % size != 0)
        {
            throw Invalid($"{bytes.Length} bytes are not a positive number of embeddings of {dimension} floats.");
        }

        var given = MemoryMarshal.Cast<byte, float>(bytes);
        var units = new ReadOnlyMemory<float>[bytes.Length / size];
        for (var i = 0; i < units.Length; i++)
        {
            var unit = new float[dimension];
            var magnitude = Similarity.Normalize(given.Slice(i * dimension, dimension), unit);
            if (!float.IsFinite(magnitude) || magnitude <= 0)
            {
                throw Invalid($"Embedding {i} has no finite, positive magnitude.");
            }

            units[i] = unit;
        }

        return units;
    }

    private static DomainException Invalid(string message) =>
        new(DomainStatus.InvalidArgument, "INVALID_EMBEDDING", message, "embeddings");
}
