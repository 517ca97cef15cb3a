using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;

namespace FaceCluster.Gateway.Ingest;

/// <summary>Whether an embedding from outside can be stored and compared.</summary>
internal static class EmbeddingCheck
{
    /// <summary>Adds what is wrong with it; returns its magnitude, which only means something where nothing is.</summary>
    public static float Check(FieldViolations violations, string field, Embedding embedding, CollectionInfo collection)
    {
        var settings = collection.Settings;
        if (embedding.ModelId.Length == 0)
        {
            violations.Add($"{field}.model_id", $"is missing; the collection holds embeddings of {settings.ModelId}.");
        }
        else if (embedding.ModelId != settings.ModelId)
        {
            violations.Add($"{field}.model_id", $"is not {settings.ModelId}, whose embeddings the collection holds; embeddings of different models cannot be compared.", ErrorReason.ModelMismatch);
        }

        var needed = settings.Dimension * sizeof(float);
        if (embedding.Values.Length != needed)
        {
            violations.Add($"{field}.values", $"has {embedding.Values.Length} bytes; {needed} are needed ({settings.Dimension} little-endian singles).", ErrorReason.InvalidEmbedding);
            return 0;
        }

        var values = MemoryMarshal.Cast<byte, float>(embedding.Values.Span);
        var length = Math.Sqrt(Similarity.Dot(values, values));
        if (!double.IsFinite(length))
        {
            violations.Add($"{field}.values", $"holds a number that is not finite, at position {FirstNotFinite(values)}.", ErrorReason.InvalidEmbedding);
            return 0;
        }

        var magnitude = (float)length;
        if (magnitude <= 0 || !float.IsFinite(magnitude))
        {
            violations.Add($"{field}.values", magnitude <= 0 ? "has length 0." : "is too long: its length is not a finite single.", ErrorReason.InvalidEmbedding);
        }

        return magnitude;
    }

    private static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
