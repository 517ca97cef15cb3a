using static TorchSharp.torch;

namespace FaceCluster.Training.Optimisation;

/// <summary>AdamW (Loshchilov and Hutter 2019): Adam with bias correction, weight decay apart from the gradient.</summary>
public sealed class AdamWOptimiser : Optimiser
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _steps;

    /// <param name="parameters">What is moved.</param>
    /// <param name="beta1">Memory of the mean gradient.</param>
    /// <param name="beta2">Memory of the squared gradient.</param>
    /// <param name="epsilon">Added to the root of the squared gradient.</param>
    public AdamWOptimiser(IReadOnlyList<TrainedParameter> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
        : base(parameters)
    {
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        _mean = [.. parameters.Select(item => Zeros(item.Parameter))];
        _square = [.. parameters.Select(item => Zeros(item.Parameter))];
        _steps = zeros(1, ScalarType.Int64).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Value)> State =>
        Parameters.SelectMany((item, i) => new[] { ("mean." + item.Name, _mean[i]), ("square." + item.Name, _square[i]) }).Append(("steps", _steps));

    private protected override void Begin() => _steps.add_(1);

    private protected override Tensor[] Slots(int index) => [_mean[index], _square[index]];

    private protected override void Update(TrainedParameter item, Tensor value, Tensor gradient, double rate, Tensor[] slots)
    {
        var steps = _steps.item<long>();
        value.mul_(1 - rate * item.WeightDecay);
        slots[0].mul_(_beta1).add_(gradient, alpha: 1 - _beta1);
        slots[1].mul_(_beta2).addcmul_(gradient, gradient, 1 - _beta2);
        var scale = (slots[1] / (1 - Math.Pow(_beta2, steps))).sqrt_().add_(_epsilon);
        value.addcdiv_(slots[0], scale, -rate / (1 - Math.Pow(_beta1, steps)));
    }
}
