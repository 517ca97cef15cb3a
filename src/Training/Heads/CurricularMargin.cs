using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// CurricularFace (Huang et al. 2020): a class whose cosine exceeds cos(t_y + m) is hard, its cosine becomes c (T + c), where T
/// follows the mean target cosine (0.01 of it per step) and is updated before use. Target cos(t_y + m) with the hard fallback.
/// </summary>
public sealed class CurricularMargin : Margin
{
    private readonly double _scale;
    private readonly double _margin;

    /// <param name="scale">s, positive.</param>
    /// <param name="margin">m in radians.</param>
    public CurricularMargin(double scale = 64, double margin = 0.5)
        : base(nameof(CurricularMargin))
    {
        HeadLimits.Within("scale", scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("margin", margin, 0, Math.PI);
        (_scale, _margin) = (scale, margin);
        register_buffer("t", zeros(1));
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var t = get_buffer("t")!;
        if (training)
        {
            using (no_grad())
            {
                t.mul_(0.99).add_(input.Target.mean().to_type(t.dtype) * 0.01);
            }
        }

        var shifted = Angles.Shift(input.Target, _margin);
        var limit = Math.Cos(Math.PI - _margin);
        var target = where(input.Target > limit, shifted, input.Target - _margin * Math.Sin(Math.PI - _margin));
        var hard = input.Cosine > shifted;
        var others = where(hard, input.Cosine * (t.detach().clone() + input.Cosine), input.Cosine);
        return new MarginOutput(_scale * where(input.IsTarget, target, others), null, ("curriculum", t.detach().clone()));
    }
}
