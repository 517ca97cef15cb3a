using static TorchSharp.torch;

namespace FaceCluster.Training.Optimisation;

/// <summary>
/// Stochastic gradient descent with momentum in PyTorch's form: g += decay w; v = momentum v + g; w -= rate (g + momentum v) with
/// Nesterov's look-ahead, else w -= rate v.
/// </summary>
public sealed class SgdOptimiser : Optimiser
{
    private readonly double _momentum;
    private readonly bool _nesterov;
    private readonly Tensor[] _velocity;

    /// <param name="parameters">What is moved.</param>
    /// <param name="momentum">0 to below 1.</param>
    /// <param name="nesterov">Whether to look ahead; needs momentum.</param>
    public SgdOptimiser(IReadOnlyList<TrainedParameter> parameters, double momentum = 0.9, bool nesterov = false)
        : base(parameters)
    {
        (_momentum, _nesterov) = (momentum, nesterov);
        _velocity = [.. parameters.Select(item => Zeros(item.Parameter))];
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Value)> State => Parameters.Select((item, i) => ("velocity." + item.Name, _velocity[i]));

    private protected override Tensor[] Slots(int index) => [_velocity[index]];

    private protected override void Update(TrainedParameter item, Tensor value, Tensor gradient, double rate, Tensor[] slots)
    {
        var slope = item.WeightDecay > 0 ? gradient.add(value, alpha: item.WeightDecay) : gradient;
        slots[0].mul_(_momentum).add_(slope);
        value.add_(_nesterov ? slope.add(slots[0], alpha: _momentum) : slots[0], alpha: -rate);
    }
}
