using FaceCluster.Training.Layers;
using static TorchSharp.torch;

namespace FaceCluster.Training.Backbones;

/// <summary>How convolutions (and, but for <see cref="Normal"/>, linear layers) start.</summary>
public enum Initialisation
{
    /// <summary>Convolutions N(0, 0.1), as arcface_torch starts IResNet.</summary>
    Normal,

    /// <summary>N(0, 2 / fan-out) (He et al. 2015), as MagFace and the InsightFace MobileFaceNet start.</summary>
    Kaiming,

    /// <summary>Uniform, variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010), as A-SKD starts.</summary>
    Xavier,
}

internal static class Initialiser
{
    /// <summary>Draws every convolution and linear layer of the network from libtorch's generator.</summary>
    public static void Apply(EmbeddingNetwork network, Initialisation kind)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var module in network.modules().Distinct())
        {
            switch (module)
            {
                case ConvLayer conv when kind == Initialisation.Normal:
                    nn.init.normal_(conv.Weight, 0, 0.1);
                    break;
                case ConvLayer conv:
                    Draw(conv.Weight, kind);
                    break;
                case LinearLayer linear when kind == Initialisation.Normal:
                    // PyTorch's default of nn.Linear: uniform within 1 / sqrt(fan-in), for the weight and the bias.
                    var bound = 1 / Math.Sqrt(linear.Weight.shape[1]);
                    nn.init.uniform_(linear.Weight, -bound, bound);
                    if (linear.Bias is not null)
                    {
                        nn.init.uniform_(linear.Bias, -bound, bound);
                    }

                    break;
                case LinearLayer linear:
                    Draw(linear.Weight, kind);
                    break;
            }
        }
    }

    private static void Draw(Tensor weight, Initialisation kind)
    {
        if (kind == Initialisation.Xavier)
        {
            nn.init.xavier_uniform_(weight);
            return;
        }

        var fan = weight.shape[0] * weight.shape.Skip(2).Aggregate(1L, (left, right) => left * right);
        nn.init.normal_(weight, 0, Math.Sqrt(2.0 / fan));
    }
}
