using FaceCluster.Training.Layers;

namespace FaceCluster.Training.Backbones;

/// <summary>Shape of a <see cref="MobileFaceNet"/>.</summary>
public sealed record MobileFaceNetOptions
{
    /// <summary>Width and height of the pictures, a multiple of 16.</summary>
    public int ImageSize { get; init; } = 112;

    /// <summary>Dimensions of the embedding: 128 in the paper, 512 in InsightFace.</summary>
    public int EmbeddingSize { get; init; } = 512;

    /// <summary>Factor of the channels of the trunk: 1 classic, 2 InsightFace, 4 the large variant. Expansions keep their width.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>Residual blocks of the four stages; a first stage of one block is a plain convolution in 64 groups.</summary>
    public IReadOnlyList<int> Blocks { get; init; } = [1, 4, 6, 2];

    /// <summary>Epsilon and momentum of every batch normalisation.</summary>
    public BatchNormOptions BatchNorm { get; init; } = new();

    /// <summary>The InsightFace variant "mbf": 2,059,520 parameters at 512 dimensions.</summary>
    public static MobileFaceNetOptions InsightFace { get; } = new() { Scale = 2 };

    /// <summary>The InsightFace variant "mbf_large": 6,314,880 parameters at 512 dimensions.</summary>
    public static MobileFaceNetOptions InsightFaceLarge { get; } = new() { Scale = 4, Blocks = [2, 8, 12, 4] };
}

/// <summary>
/// MobileFaceNet (Chen et al. 2018): inverted residual blocks with PReLU, then a linear depthwise convolution over the whole
/// picture in place of average pooling. The classic form (scale 1) has 1,200,512 parameters at 512 dimensions, 1,003,136 at 128.
/// Names of the state are those of arcface_torch.
/// </summary>
public sealed class MobileFaceNet : EmbeddingNetwork
{
    private readonly Layer[] _body;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public MobileFaceNet(MobileFaceNetOptions options)
        : base(NameOf(options), options.ImageSize, options.EmbeddingSize)
    {
        Limits.Check(options.ImageSize, options.EmbeddingSize, 0);
        if (options.Scale is < 1 or > 8 || options.Blocks.Count != 4 || options.Blocks.Any(count => count < 1))
        {
            throw new ArgumentException("model: a MobileFaceNet has a scale of 1 to 8 and four stages of at least one block.", nameof(options));
        }

        var norm = options.BatchNorm;
        var narrow = 64L * options.Scale;
        var wide = 128L * options.Scale;
        Layer second = options.Blocks[0] == 1 ? Conv(narrow, narrow, 3, 1, 1, 64, norm) : Stage(narrow, options.Blocks[0], 128, norm);
        var trunk = new SequenceLayer(
            Conv(3, narrow, 3, 2, 1, 1, norm),
            second,
            new BottleneckLayer(narrow, narrow, 2, 128, residual: false, norm),
            Stage(narrow, options.Blocks[1], 128, norm),
            new BottleneckLayer(narrow, wide, 2, 256, residual: false, norm),
            Stage(wide, options.Blocks[2], 256, norm),
            new BottleneckLayer(wide, wide, 2, 512, residual: false, norm),
            Stage(wide, options.Blocks[3], 256, norm));
        var separable = Conv(wide, 512, 1, 1, 0, 1, norm);
        var neck = new NamedSequence(
            new NamedSequence(new ConvLayer(512, 512, options.ImageSize / 16, groups: 512), new BatchNormLayer(512, norm)),
            new FlattenLayer(),
            new LinearLayer(512, options.EmbeddingSize, bias: false),
            new BatchNormLayer(options.EmbeddingSize, norm));
        register_module("layers", trunk);
        register_module("conv_sep", separable);
        register_module("features", neck);
        _body = [trunk, separable, neck];
        Stages = NetworkStage.Chain(_body);
        Initialiser.Apply(this, Initialisation.Kaiming);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkStage> Stages { get; }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => _body.Aggregate(input, (value, layer) => layer.Trace(sink, value));

    internal static NamedSequence Conv(long input, long output, long kernel, long stride, long padding, long groups, BatchNormOptions norm) =>
        new(new ConvLayer(input, output, kernel, stride, padding, groups), new BatchNormLayer(output, norm), new PReluLayer(output));

    private static NamedSequence Stage(long channels, int blocks, long groups, BatchNormOptions norm) =>
        new([.. Enumerable.Range(0, blocks).Select(_ => new BottleneckLayer(channels, channels, 1, groups, residual: true, norm))]);

    private static string NameOf(MobileFaceNetOptions options) =>
        options.Scale == 1 && options.Blocks.SequenceEqual([1, 4, 6, 2])
            ? "mobilefacenet"
            : $"mobilefacenet-x{options.Scale}-{string.Join('.', options.Blocks)}";
}
