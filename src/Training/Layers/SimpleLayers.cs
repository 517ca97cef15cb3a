using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>x where positive, a learned slope per channel times x elsewhere (He et al. 2015); slopes start at 0.25.</summary>
public sealed class PReluLayer : Layer
{
    public PReluLayer(long channels)
        : base(nameof(PReluLayer)) => register_parameter("weight", new Parameter(full(channels, 0.25f)));

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.prelu(input, this.Parameter("weight"));

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.PRelu(input, this.Parameter("weight"));
}

/// <summary>max(x, 0).</summary>
public sealed class ReluLayer() : Layer(nameof(ReluLayer))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.relu(input);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.Relu(input);
}

/// <summary>[N, C, H, W] to [N, C * H * W].</summary>
public sealed class FlattenLayer() : Layer(nameof(FlattenLayer))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.flatten(1);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.Flatten(input);
}

/// <summary>[N, C, H, W] to [N, C, 1, 1], the mean over the picture.</summary>
public sealed class GlobalAverageLayer() : Layer(nameof(GlobalAverageLayer))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.mean([2, 3], keepdim: true);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.GlobalAverage(input);
}

/// <summary>Sets a share of the entries to zero while training and scales the others up (Srivastava et al. 2014); nothing in evaluation.</summary>
public sealed class DropoutLayer(double probability) : Layer(nameof(DropoutLayer))
{
    /// <summary>Whether training drops anything.</summary>
    internal bool IsActive => probability > 0;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => probability > 0 && training ? nn.functional.dropout(input, probability, training: true) : input;

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => input;
}

/// <summary>x * weight^T + bias.</summary>
public sealed class LinearLayer : Layer
{
    private readonly bool _hasBias;

    public LinearLayer(long input, long output, bool bias = true)
        : base(nameof(LinearLayer))
    {
        _hasBias = bias;
        register_parameter("weight", new Parameter(zeros(output, input)));
        if (bias)
        {
            register_parameter("bias", new Parameter(zeros(output)));
        }
    }

    /// <summary>[output, input].</summary>
    public Parameter Weight => this.Parameter("weight");

    /// <summary>[output], or null.</summary>
    public Parameter? Bias => _hasBias ? this.Parameter("bias") : null;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, Weight, Bias);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => sink.Linear(input, Weight, Bias);
}

/// <summary>Layers one after the other, named "0", "1", ... in the state.</summary>
public sealed class SequenceLayer : Layer
{
    private readonly Layer[] _layers;

    public SequenceLayer(params IEnumerable<Layer> layers)
        : base(nameof(SequenceLayer))
    {
        _layers = [.. layers];
        for (var i = 0; i < _layers.Length; i++)
        {
            register_module(i.ToString(System.Globalization.CultureInfo.InvariantCulture), _layers[i]);
        }
    }

    /// <summary>The layers in order.</summary>
    internal IReadOnlyList<Layer> Layers => _layers;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var value = input;
        foreach (var layer in _layers)
        {
            value = layer.forward(value);
        }

        return value;
    }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) => _layers.Aggregate(input, (value, layer) => layer.Trace(sink, value));
}
