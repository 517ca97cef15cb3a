using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>
/// Batch normalisation over dimension 1 (Ioffe and Szegedy 2015). Momentum in PyTorch's sense: running = (1 - momentum) * running
/// + momentum * batch; MXNet's 0.9 is 0.1 here.
/// </summary>
public sealed class BatchNormLayer : Layer
{
    private readonly BatchNormOptions _options;

    /// <param name="channels">Size of dimension 1.</param>
    /// <param name="options">Epsilon and momentum.</param>
    /// <param name="fixedScale">Whether the scale stays 1 and only the shift is learned, as in the last layer of IResNet.</param>
    public BatchNormLayer(long channels, BatchNormOptions options, bool fixedScale = false)
        : base(nameof(BatchNormLayer))
    {
        _options = options;
        register_parameter("weight", new Parameter(ones(channels), requires_grad: !fixedScale));
        register_parameter("bias", new Parameter(zeros(channels)));
        register_buffer("running_mean", zeros(channels));
        register_buffer("running_var", ones(channels));
    }

    /// <summary>Whether training leaves the running statistics as they are and normalises by them (fine-tuning with small batches).</summary>
    public bool FrozenStatistics { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var learn = training && !FrozenStatistics;
        if (learn && input.shape[0] < 2 && input.dim() == 2)
        {
            throw new ArgumentException("A batch of one picture cannot be normalised: batchSize must be at least 2.", nameof(input));
        }

        return nn.functional.batch_norm(input, this.Buffer("running_mean"), this.Buffer("running_var"), this.Parameter("weight"), this.Parameter("bias"), learn, _options.Momentum, _options.Epsilon);
    }

    /// <inheritdoc/>
    public override string Trace(IGraphSink sink, string input) =>
        sink.BatchNorm(input, this.Parameter("weight"), this.Parameter("bias"), this.Buffer("running_mean"), this.Buffer("running_var"), _options.Epsilon);
}

/// <summary>Settings of every batch normalisation of a network.</summary>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Momentum">Share of the newest batch in the running statistics.</param>
public sealed record BatchNormOptions(double Epsilon = 1e-5, double Momentum = 0.1);
