using FaceCluster.Training.Layers;
using static TorchSharp.torch;

namespace FaceCluster.Training.Backbones;

/// <summary>A sequence whose layers lie one name deeper ("layers.0"), as in the state of arcface_torch's MobileFaceNet.</summary>
public sealed class NamedSequence : Layer
{
    private readonly SequenceLayer _layers;

    public NamedSequence(params Layer[] layers)
        : base(nameof(NamedSequence))
    {
        _layers = new SequenceLayer(layers);
        register_module("layers", _layers);
    }

    /// <summary>The layers in order.</summary>
    internal IReadOnlyList<Layer> Layers => _layers.Layers;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => _layers.forward(input);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => _layers.Trace(sink, input);
}

/// <summary>
/// The inverted residual of MobileFaceNet: 1x1 convolution to the expansion, 3x3 depthwise convolution, linear 1x1 convolution;
/// optionally the sum with the input.
/// </summary>
public sealed class BottleneckLayer : Layer
{
    private readonly SequenceLayer _layers;
    private readonly bool _residual;

    /// <param name="input">Input channels.</param>
    /// <param name="output">Output channels.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="expansion">Channels between.</param>
    /// <param name="residual">Whether the input is added; needs stride 1 and equal channels.</param>
    /// <param name="norm">Batch normalisation.</param>
    public BottleneckLayer(long input, long output, long stride, long expansion, bool residual, BatchNormOptions norm)
        : base(nameof(BottleneckLayer))
    {
        _residual = residual;
        _layers = new SequenceLayer(
            MobileFaceNet.Conv(input, expansion, 1, 1, 0, 1, norm),
            MobileFaceNet.Conv(expansion, expansion, 3, stride, 1, expansion, norm),
            new NamedSequence(new ConvLayer(expansion, output, 1), new BatchNormLayer(output, norm)));
        register_module("layers", _layers);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => _residual ? input + _layers.forward(input) : _layers.forward(input);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input)
    {
        var value = _layers.Trace(sink, input);
        return _residual ? sink.Add(input, value) : value;
    }
}
