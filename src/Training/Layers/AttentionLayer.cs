using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>
/// Channel attention of CBAM (Woo et al. 2018): mean and maximum over the picture go through one small network, their sum through
/// a sigmoid scales the channels.
/// </summary>
public sealed class ChannelAttentionLayer : Layer
{
    private readonly SequenceLayer _shared;

    /// <param name="channels">Channels of the input, a multiple of <paramref name="reduction"/>.</param>
    /// <param name="reduction">Channels per hidden unit of the small network.</param>
    public ChannelAttentionLayer(long channels, long reduction = 16)
        : base(nameof(ChannelAttentionLayer))
    {
        var hidden = Math.Max(1, channels / reduction);
        _shared = new SequenceLayer(new ConvLayer(channels, hidden, 1), new ReluLayer(), new ConvLayer(hidden, channels, 1));
        register_module("shared_mlp", _shared);
    }

    /// <summary>The values before the sigmoid, [N, C, 1, 1]; attention distillation compares these.</summary>
    public Tensor Logits(Tensor input) =>
        _shared.forward(input.mean([2, 3], keepdim: true)) + _shared.forward(input.amax([2, 3], keepdim: true));

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input * Logits(input).sigmoid();

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input)
    {
        var mean = _shared.Trace(sink, sink.GlobalAverage(input));
        var maximum = _shared.Trace(sink, sink.GlobalMaximum(input));
        return sink.Multiply(input, sink.Sigmoid(sink.Add(mean, maximum)));
    }
}

/// <summary>
/// Spatial attention of CBAM: mean and maximum over the channels go through one convolution whose sigmoid scales the pixels. The
/// kernel is 7x7 in the paper and 3x3 in the reference code of A-SKD.
/// </summary>
public sealed class SpatialAttentionLayer : Layer
{
    private readonly ConvLayer _conv;

    /// <param name="kernel">Width of the kernel, odd.</param>
    public SpatialAttentionLayer(long kernel = 3)
        : base(nameof(SpatialAttentionLayer))
    {
        _conv = new ConvLayer(2, 1, kernel, padding: kernel / 2);
        register_module("conv", _conv);
    }

    /// <summary>The values before the sigmoid, [N, 1, H, W].</summary>
    public Tensor Logits(Tensor input) => _conv.forward(cat([input.mean([1], keepdim: true), input.amax([1], keepdim: true)], 1));

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input * Logits(input).sigmoid();

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) =>
        sink.Multiply(input, sink.Sigmoid(_conv.Trace(sink, sink.Concat(sink.ChannelMean(input), sink.ChannelMaximum(input)))));
}
