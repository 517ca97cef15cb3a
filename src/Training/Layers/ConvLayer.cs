using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>Two-dimensional convolution without bias by default, optionally computed in bfloat16.</summary>
public sealed class ConvLayer : Layer
{
    private readonly bool _hasBias;
    private readonly long[] _stride;
    private readonly long[] _padding;
    private readonly long _groups;

    /// <param name="input">Input channels.</param>
    /// <param name="output">Output channels.</param>
    /// <param name="kernel">Width and height of the kernel in pixels.</param>
    /// <param name="stride">Step in pixels.</param>
    /// <param name="padding">Zero pixels added on every side.</param>
    /// <param name="groups">Groups of channels; equal to the channels for a depthwise convolution.</param>
    /// <param name="bias">Whether a bias per output channel is learned.</param>
    public ConvLayer(long input, long output, long kernel, long stride = 1, long padding = 0, long groups = 1, bool bias = false)
        : base(nameof(ConvLayer))
    {
        _stride = [stride, stride];
        _padding = [padding, padding];
        _groups = groups;
        _hasBias = bias;
        register_parameter("weight", new Parameter(zeros(output, input / groups, kernel, kernel)));
        if (bias)
        {
            register_parameter("bias", new Parameter(zeros(output)));
        }
    }

    /// <summary>In which numbers this layer computes.</summary>
    public Precision Precision { get; set; }

    /// <summary>[output, input / groups, kernel, kernel].</summary>
    public Parameter Weight => this.Parameter("weight");

    /// <summary>[output], or null.</summary>
    public Parameter? Bias => _hasBias ? this.Parameter("bias") : null;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (Precision == Precision.Float32)
        {
            return nn.functional.conv2d(input, Weight, Bias, _stride, _padding, groups: _groups);
        }

        var low = nn.functional.conv2d(input.to_type(ScalarType.BFloat16), Weight.to_type(ScalarType.BFloat16), Bias?.to_type(ScalarType.BFloat16), _stride, _padding, groups: _groups);
        return low.to_type(ScalarType.Float32);
    }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.Conv(input, Weight, Bias, _stride[0], _padding[0], _groups);
}
