using FaceCluster.Training.Backbones;

namespace FaceCluster.Training.Fit;

/// <summary>Builds the network that a configuration names.</summary>
public static class NetworkFactory
{
    /// <summary>Names that <see cref="ModelOptions.Backbone"/> takes beside "onnx".</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["iresnet18", "iresnet34", "iresnet50", "iresnet100", "iresnet200", "mobilefacenet", "mobilefacenet-insightface", "mobilefacenet-large", "tiny"];

    /// <summary>Builds a network with random weights from libtorch's generator.</summary>
    /// <exception cref="FitException">The name is unknown or a size is out of range.</exception>
    public static EmbeddingNetwork Create(ModelOptions options)
    {
        try
        {
            return options.Backbone switch
            {
                "tiny" => new TinyNet(options.ImageSize, options.EmbeddingSize, options.Dropout, options.Attention),
                "mobilefacenet" => Mobile(options, new MobileFaceNetOptions()),
                "mobilefacenet-insightface" => Mobile(options, MobileFaceNetOptions.InsightFace),
                "mobilefacenet-large" => Mobile(options, MobileFaceNetOptions.InsightFaceLarge),
                _ when options.Backbone.StartsWith("iresnet", StringComparison.Ordinal) && int.TryParse(options.Backbone.AsSpan(7), out var depth) => Residual(options, depth),
                _ => throw new FitException($"model.backbone '{options.Backbone}' is unknown; known are {string.Join(", ", Names)} and onnx."),
            };
        }
        catch (ArgumentException exception)
        {
            throw new FitException(exception.Message, exception);
        }
    }

    private static MobileFaceNet Mobile(ModelOptions options, MobileFaceNetOptions shape)
    {
        if (options.Attention || options.Dropout > 0)
        {
            throw new FitException("model.attention and model.dropout are not for MobileFaceNet.");
        }

        return new MobileFaceNet(shape with { ImageSize = options.ImageSize, EmbeddingSize = options.EmbeddingSize });
    }

    private static IResNet Residual(ModelOptions options, int depth)
    {
        var shape = options.Variant == IResNetVariant.Paper
            ? new IResNetOptions { Depth = depth, Dropout = options.Dropout }
            : IResNetOptions.MagFace(depth, options.Variant == IResNetVariant.MagFaceReference);
        return new IResNet(shape with
        {
            ImageSize = options.ImageSize,
            EmbeddingSize = options.EmbeddingSize,
            Attention = options.Attention,
            Dropout = options.Dropout > 0 ? options.Dropout : shape.Dropout,
        });
    }
}
