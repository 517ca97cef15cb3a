using FaceCluster.Training.Layers;

namespace FaceCluster.Training.Backbones;

/// <summary>
/// A network of about twenty thousand parameters with every kind of layer the large ones have, for tests and first tries: a
/// stride-4 stem, a residual block, a depthwise block, average pooling and the neck batch norm, dropout, linear layer, batch norm.
/// It does not recognise people well.
/// </summary>
public sealed class TinyNet : EmbeddingNetwork
{
    private readonly SequenceLayer _body;

    /// <param name="imageSize">Width and height of the pictures, a multiple of 16.</param>
    /// <param name="embeddingSize">Dimensions of the embedding.</param>
    /// <param name="dropout">Share of the features dropped before the last linear layer, 0 to below 1.</param>
    /// <param name="attention">Whether the residual block ends in channel and spatial attention.</param>
    public TinyNet(int imageSize = 112, int embeddingSize = 64, double dropout = 0, bool attention = false)
        : base(attention ? "tiny-cbam" : "tiny", imageSize, embeddingSize)
    {
        Limits.Check(imageSize, embeddingSize, dropout);
        var norm = new BatchNormOptions();
        _body = new SequenceLayer(
            new ConvLayer(3, 16, 5, 4, 2),
            new BatchNormLayer(16, norm),
            new PReluLayer(16),
            new IResNetBlock(16, 32, 2, shortcut: true, norm, attention),
            new BottleneckLayer(32, 32, 2, 48, residual: false, norm),
            new GlobalAverageLayer(),
            new BatchNormLayer(32, norm),
            new FlattenLayer(),
            new DropoutLayer(dropout),
            new LinearLayer(32, embeddingSize),
            new BatchNormLayer(embeddingSize, norm, fixedScale: true));
        register_module("body", _body);
        Stages = NetworkStage.Chain([_body]);
        Initialiser.Apply(this, Initialisation.Kaiming);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkStage> Stages { get; }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => _body.Trace(sink, input);
}
