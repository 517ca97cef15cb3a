using FaceCluster.Training.Layers;
using static TorchSharp.torch;

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

    /// <summary>The network as a chain of links.</summary>
    public abstract IReadOnlyList<NetworkStage> Stages { get; }

    /// <summary>Number of links at the beginning whose results do not change during a run; settings of training decide it.</summary>
    public int ConstantStages => Stages.TakeWhile(stage => stage.IsConstant).Count();

    /// <inheritdoc/>
    public sealed override Tensor forward(Tensor input) => ForwardFrom(input, 0);

    /// <summary>The links from number <paramref name="first"/> on, over the result of those before.</summary>
    public Tensor ForwardFrom(Tensor input, int first)
    {
        var value = input;
        for (var i = first; i < Stages.Count; i++)
        {
            value = Stages[i].Run(value);
        }

        return value;
    }

    /// <summary>The result of the first <paramref name="count"/> links, without gradients and without keeping what lies between.</summary>
    public Tensor ForwardConstant(Tensor input, int count)
    {
        using var quiet = no_grad();
        var value = input.alias();
        for (var i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            var next = Stages[i].Run(value).MoveToOuterDisposeScope();
            value.Dispose();
            value = next;
        }

        return value;
    }

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
