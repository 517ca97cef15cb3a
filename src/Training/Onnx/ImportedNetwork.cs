using FaceCluster.Training.Backbones;
using FaceCluster.Training.Layers;
using static TorchSharp.torch;

namespace FaceCluster.Training.Onnx;

/// <summary>
/// A network whose layers were read from an ONNX model. It takes pictures as the loader gives them, RGB and (value - 127.5) / 127.5,
/// whatever the model itself expects, and every weight can be trained.
/// </summary>
public sealed class ImportedNetwork : EmbeddingNetwork
{
    private readonly IReadOnlyList<ImportedStep> _steps;
    private readonly InputScaleLayer _scale;

    internal ImportedNetwork(string name, int imageSize, int embeddingSize, InputScaleLayer scale, IReadOnlyList<ImportedStep> steps)
        : base(name, imageSize, embeddingSize)
    {
        _steps = steps;
        _scale = scale;
        register_module("input", scale);
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i].Layer is { } layer)
            {
                register_module($"layer{i}", layer);
            }
        }

        Stages = [new NetworkStage([scale], scale.forward), .. Links()];
    }

    /// <summary>Number of layers with weights, for freezing the first ones.</summary>
    public int WeightedLayerCount => _steps.Count(step => step.Layer is ConvLayer or LinearLayer);

    /// <summary>Stops (or starts) the training of everything before the convolution or linear layer number <paramref name="count"/>, from 0.</summary>
    /// <param name="count">Layers to freeze, 0 to <see cref="WeightedLayerCount"/>; the others are trained.</param>
    public void FreezeFirst(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WeightedLayerCount);
        var seen = 0;
        foreach (var layer in _steps.Select(step => step.Layer).OfType<Layer>())
        {
            seen += layer is ConvLayer or LinearLayer ? 1 : 0;
            foreach (var parameter in layer.parameters())
            {
                parameter.requires_grad = seen > count;
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkStage> Stages { get; }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var names = new string[_steps.Count];
        var scaled = _scale.Trace(sink, input);
        for (var i = 0; i < names.Length; i++)
        {
            var step = _steps[i];
            var first = Name(step.First);
            names[i] = step.Layer is { } layer ? layer.Trace(sink, first) : step.Kind == ImportedKind.Add ? sink.Add(first, Name(step.Second)) : sink.Multiply(first, Name(step.Second));
        }

        return names[^1];

        string Name(int index) => index < 0 ? scaled : names[index];
    }

    /// <summary>The steps between two places where only one value is still needed.</summary>
    private List<NetworkStage> Links()
    {
        var links = new List<NetworkStage>();
        var (end, oldest) = (_steps.Count, int.MaxValue);
        for (var step = _steps.Count - 1; step >= 0; step--)
        {
            oldest = Math.Min(oldest, _steps[step].Layer is null ? Math.Min(_steps[step].First, _steps[step].Second) : _steps[step].First);
            if (oldest == step - 1)
            {
                var (from, to) = (step, end);
                links.Add(new NetworkStage([.. _steps.Skip(from).Take(to - from).Select(item => item.Layer).OfType<Layer>()], input => Run(input, from, to)));
                end = step;
            }
        }

        links.Reverse();
        return links;
    }

    private Tensor Run(Tensor input, int from, int to)
    {
        var values = new Tensor[to - from];
        for (var i = from; i < to; i++)
        {
            var step = _steps[i];
            var first = Value(step.First);
            values[i - from] = step.Layer is { } layer ? layer.forward(first) : step.Kind == ImportedKind.Add ? first + Value(step.Second) : first * Value(step.Second);
        }

        return values[^1];

        Tensor Value(int index) => index < from ? input : values[index - from];
    }
}

/// <summary>What a step without a layer does.</summary>
internal enum ImportedKind
{
    /// <summary>The step has a layer.</summary>
    Layer,

    /// <summary>Sum of two values.</summary>
    Add,

    /// <summary>Product of two values.</summary>
    Multiply,
}

/// <summary>One operator: a layer over one value, or a sum or product of two. Values are the steps' numbers; -1 is the input.</summary>
internal sealed record ImportedStep(ImportedKind Kind, Layer? Layer, int First, int Second = -1);

/// <summary>
/// x * scale + shift per channel, not trained: from the pictures of the loader to those that an imported model expects.
/// </summary>
internal sealed class InputScaleLayer : Layer
{
    private const double Epsilon = 1e-5;

    public InputScaleLayer(float[] scale, float[] shift)
        : base(nameof(InputScaleLayer))
    {
        register_buffer("scale", tensor(scale));
        register_buffer("shift", tensor(shift));
    }

    public override Tensor forward(Tensor input) => (input * this.Buffer("scale").view(1, -1, 1, 1)) + this.Buffer("shift").view(1, -1, 1, 1);

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input)
    {
        using var scope = NewDisposeScope();
        return sink.BatchNorm(input, this.Buffer("scale"), this.Buffer("shift"), zeros(3), full(3, (float)(1 - Epsilon)), Epsilon);
    }
}
