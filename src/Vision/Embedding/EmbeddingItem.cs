using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;

namespace FaceCluster.Vision.Embedding;

/// <summary>One aligned crop in, its raw embedding out.</summary>
internal sealed class EmbeddingItem(PixelBuffer crop, PlanarWriter writer) : BatchItem
{
    /// <summary>The raw embedding, not normalised.</summary>
    public float[] Embedding { get; private set; } = [];

    public override void WriteInput(Span<float> destination)
    {
        var pixels = crop.Pixels;
        for (var y = 0; y < crop.Height; y++)
        {
            writer.WriteRow(pixels.Slice(y * crop.Width, crop.Width), destination, crop.Width * crop.Height, y * crop.Width);
        }
    }

    public override void ReadOutput(int output, ReadOnlySpan<float> values) => Embedding = values.ToArray();
}
