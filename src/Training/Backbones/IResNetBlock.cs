using FaceCluster.Training.Layers;
using static TorchSharp.torch;

namespace FaceCluster.Training.Backbones;

/// <summary>
/// The residual block of IResNet: BN, conv 3x3, BN, PReLU, conv 3x3 with the stride, BN, optionally channel and spatial attention,
/// then the sum with the shortcut and no activation after it (Duta et al. 2020; layout of arcface_torch).
/// </summary>
public sealed class IResNetBlock : Layer
{
    private readonly BatchNormLayer _bn1;
    private readonly ConvLayer _conv1;
    private readonly BatchNormLayer _bn2;
    private readonly PReluLayer _prelu;
    private readonly ConvLayer _conv2;
    private readonly BatchNormLayer _bn3;
    private readonly SequenceLayer? _downsample;

    /// <param name="input">Input channels.</param>
    /// <param name="output">Output channels.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="shortcut">Whether the shortcut is a 1x1 convolution; needed where stride or channels change.</param>
    /// <param name="options">Batch normalisation.</param>
    /// <param name="attention">Whether the residual branch ends in channel and spatial attention.</param>
    public IResNetBlock(long input, long output, long stride, bool shortcut, BatchNormOptions options, bool attention)
        : base(nameof(IResNetBlock))
    {
        _bn1 = new BatchNormLayer(input, options);
        _conv1 = new ConvLayer(input, output, 3, 1, 1);
        _bn2 = new BatchNormLayer(output, options);
        _prelu = new PReluLayer(output);
        _conv2 = new ConvLayer(output, output, 3, stride, 1);
        _bn3 = new BatchNormLayer(output, options);
        register_module("bn1", _bn1);
        register_module("conv1", _conv1);
        register_module("bn2", _bn2);
        register_module("prelu", _prelu);
        register_module("conv2", _conv2);
        register_module("bn3", _bn3);
        if (attention)
        {
            Channel = new ChannelAttentionLayer(output);
            Spatial = new SpatialAttentionLayer();
            register_module("channel", Channel);
            register_module("spatial", Spatial);
        }

        if (shortcut)
        {
            _downsample = new SequenceLayer(new ConvLayer(input, output, 1, stride), new BatchNormLayer(output, options));
            register_module("downsample", _downsample);
        }
    }

    /// <summary>The channel attention, or null.</summary>
    public ChannelAttentionLayer? Channel { get; }

    /// <summary>The spatial attention, or null.</summary>
    public SpatialAttentionLayer? Spatial { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Run(input, null);

    /// <summary>As <see cref="forward"/>, and adds the attention values before the sigmoid to the list: channel, then spatial.</summary>
    public Tensor ForwardWithAttention(Tensor input, ICollection<Tensor> logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return Run(input, logits);
    }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input)
    {
        Layer?[] branch = [_bn1, _conv1, _bn2, _prelu, _conv2, _bn3, Channel, Spatial];
        var value = branch.OfType<Layer>().Aggregate(input, (name, layer) => layer.Trace(sink, name));
        return sink.Add(value, _downsample?.Trace(sink, input) ?? input);
    }

    private Tensor Run(Tensor input, ICollection<Tensor>? logits)
    {
        var value = _prelu.forward(_bn2.forward(_conv1.forward(_bn1.forward(input))));
        value = _bn3.forward(_conv2.forward(value));
        if (Channel is not null && Spatial is not null)
        {
            var channel = Channel.Logits(value);
            value = value * channel.sigmoid();
            var spatial = Spatial.Logits(value);
            value = value * spatial.sigmoid();
            logits?.Add(channel);
            logits?.Add(spatial);
        }

        return value + (_downsample?.forward(input) ?? input);
    }
}
