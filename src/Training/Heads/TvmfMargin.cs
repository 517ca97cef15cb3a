using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// T-vMF similarity (Kobayashi 2021): logit S phi(c) with phi(c) = (1 + c) / (1 + kappa (1 - c)) - 1 for every class, no margin;
/// the scale S = softplus(s0) + 1 is learned, s0 starting at 0. Kappa 0 is the plain cosine.
/// </summary>
public sealed class TvmfMargin : Margin
{
    private readonly double _kappa;

    /// <param name="kappa">Concentration, above -0.5: 16 (also 4, 64, -0.3).</param>
    public TvmfMargin(double kappa = 16)
        : base(nameof(TvmfMargin))
    {
        HeadLimits.Within("kappa", kappa, -0.5, 1e4, exclusiveLow: true);
        _kappa = kappa;
        register_parameter("s0", new Parameter(zeros(1)));
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var scale = nn.functional.softplus(get_parameter("s0")!) + 1;
        var similarity = (1 + input.Cosine) / (1 + _kappa * (1 - input.Cosine)) - 1;
        return new MarginOutput(scale * similarity, null, ("scale", scale.detach().clone()));
    }
}
