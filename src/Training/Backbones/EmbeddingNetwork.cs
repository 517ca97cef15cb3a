using FaceCluster.Training.Layers;

namespace FaceCluster.Training.Backbones;

/// <summary>
/// A network from pictures [N, 3, ImageSize, ImageSize] to raw embeddings [N, EmbeddingSize], single precision. Embeddings are
/// not normalised: their length carries the confidence.
/// </summary>
public abstract class EmbeddingNetwork(string name, int imageSize, int embeddingSize) : Layer(name)
{
    /// <summary>What identifies the shape of the network (kind, sizes, options) in checkpoints and exported models.</summary>
    public string Architecture => $"{GetName()}-{ImageSize}-{EmbeddingSize}";

    /// <summary>Width and height of the pictures in pixels.</summary>
    public int ImageSize { get; } = imageSize;

    /// <summary>Dimensions of the embedding.</summary>
    public int EmbeddingSize { get; } = embeddingSize;

    /// <summary>Sets in which numbers every convolution computes.</summary>
    public void SetPrecision(Precision precision)
    {
        foreach (var layer in modules().OfType<ConvLayer>().Distinct())
        {
            layer.Precision = precision;
        }
    }

    /// <summary>Sets whether batch normalisations keep their running statistics while training.</summary>
    public void FreezeStatistics(bool frozen)
    {
        foreach (var layer in modules().OfType<BatchNormLayer>().Distinct())
        {
            layer.FrozenStatistics = frozen;
        }
    }
}
