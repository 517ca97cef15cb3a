using FaceCluster.Training.Layers;

namespace FaceCluster.Training.Backbones;

/// <summary>Shape of an <see cref="IResNet"/>.</summary>
public sealed record IResNetOptions
{
    /// <summary>18, 34, 50, 100 or 200 layers.</summary>
    public int Depth { get; init; } = 18;

    /// <summary>Width and height of the pictures, a multiple of 16.</summary>
    public int ImageSize { get; init; } = 112;

    /// <summary>Dimensions of the embedding.</summary>
    public int EmbeddingSize { get; init; } = 512;

    /// <summary>Share of the features dropped before the last linear layer, 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether every block ends in channel and spatial attention (the backbone of A-SKD at depth 50).</summary>
    public bool Attention { get; init; }

    /// <summary>Whether the scale of the last batch normalisation stays 1 (arcface_torch) or is learned (MagFace, A-SKD).</summary>
    public bool FixedFinalScale { get; init; } = true;

    /// <summary>Epsilon and momentum of every batch normalisation.</summary>
    public BatchNormOptions BatchNorm { get; init; } = new();

    /// <summary>How convolutions start.</summary>
    public Initialisation Initialisation { get; init; } = Initialisation.Normal;

    /// <summary>
    /// The settings of the MagFace code. Its batch normalisation momentum of 0.9 is MXNet's number in PyTorch's sense, so running
    /// statistics are nearly those of the last batch: <paramref name="reference"/> takes it over, otherwise 0.1 is meant.
    /// </summary>
    public static IResNetOptions MagFace(int depth, bool reference = false) => new()
    {
        Depth = depth,
        Dropout = 0.4,
        FixedFinalScale = false,
        BatchNorm = new BatchNormOptions(2e-5, reference ? 0.9 : 0.1),
        Initialisation = Initialisation.Kaiming,
    };
}

/// <summary>
/// The residual network of InsightFace for aligned faces (Deng et al. 2019; Duta et al. 2020): four stages of 64 to 512 channels at
/// strides 2 to 16, then the neck batch norm, dropout, linear layer, batch norm. Names of the state are those of arcface_torch.
/// Parameters at 112 pixels and 512 dimensions: 24,025,600 (18), 34,139,328 (34), 43,590,848 (50), 65,156,160 (100).
/// </summary>
public sealed class IResNet : EmbeddingNetwork
{
    private readonly Layer[] _body;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public IResNet(IResNetOptions options)
        : base(NameOf(options), options.ImageSize, options.EmbeddingSize)
    {
        Limits.Check(options.ImageSize, options.EmbeddingSize, options.Dropout);
        var final = options.ImageSize / 16;
        var stem = new ConvLayer(3, 64, 3, 1, 1);
        var norm = new BatchNormLayer(64, options.BatchNorm);
        var activation = new PReluLayer(64);
        register_module("conv1", stem);
        register_module("bn1", norm);
        register_module("prelu", activation);
        var body = new List<Layer> { stem, norm, activation };
        long channels = 64;
        var blocks = Blocks(options.Depth);
        for (var stage = 0; stage < 4; stage++)
        {
            var width = 64L << stage;
            var layers = new List<Layer>();
            for (var i = 0; i < blocks[stage]; i++)
            {
                layers.Add(new IResNetBlock(channels, width, i == 0 ? 2 : 1, i == 0, options.BatchNorm, options.Attention));
                channels = width;
            }

            var sequence = new SequenceLayer(layers);
            register_module($"layer{stage + 1}", sequence);
            body.Add(sequence);
        }

        var bn2 = new BatchNormLayer(512, options.BatchNorm);
        var fc = new LinearLayer(512L * final * final, options.EmbeddingSize);
        var features = new BatchNormLayer(options.EmbeddingSize, options.BatchNorm, options.FixedFinalScale);
        register_module("bn2", bn2);
        register_module("fc", fc);
        register_module("features", features);
        body.AddRange([bn2, new FlattenLayer(), Register("dropout", new DropoutLayer(options.Dropout)), fc, features]);
        _body = [.. body];
        Stages = NetworkStage.Chain(_body);
        Initialiser.Apply(this, options.Initialisation);
    }

    /// <summary>The residual blocks in order.</summary>
    public IEnumerable<IResNetBlock> ResidualBlocks => modules().OfType<IResNetBlock>().Distinct();

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkStage> Stages { get; }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => _body.Aggregate(input, (value, layer) => layer.Trace(sink, value));

    private static string NameOf(IResNetOptions options) => $"iresnet{options.Depth}{(options.Attention ? "-cbam" : string.Empty)}";

    private static int[] Blocks(int depth) => depth switch
    {
        18 => [2, 2, 2, 2],
        34 => [3, 4, 6, 3],
        50 => [3, 4, 14, 3],
        100 => [3, 13, 30, 3],
        200 => [6, 26, 60, 6],
        _ => throw new ArgumentException($"model.backbone: an IResNet has 18, 34, 50, 100 or 200 layers, not {depth}.", nameof(depth)),
    };

    private Layer Register(string name, Layer layer)
    {
        register_module(name, layer);
        return layer;
    }
}
