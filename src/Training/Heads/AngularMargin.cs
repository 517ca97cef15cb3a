using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// Target logit s (cos(m1 t + m2) - m3), others s cos(t): normalised softmax (1, 0, 0), CosFace (1, 0, m; Wang et al. 2018),
/// ArcFace (1, m, 0; Deng et al. 2019) and the combined margin. With m1 = 1 the addition theorem is used, otherwise the angle.
/// </summary>
public sealed class AngularMargin : Margin
{
    private readonly double _scale;
    private readonly double _m1;
    private readonly double _m2;
    private readonly double _m3;
    private readonly MarginGradient _gradient;
    private readonly MarginFallback _fallback;

    /// <param name="scale">s, positive.</param>
    /// <param name="m1">Factor of the angle, above 0.</param>
    /// <param name="m2">Added to the angle in radians, 0 to pi.</param>
    /// <param name="m3">Subtracted from the cosine, 0 to 2.</param>
    /// <param name="gradient">Exact, or that of the plain cosine.</param>
    /// <param name="fallback">What happens past pi.</param>
    public AngularMargin(double scale, double m1, double m2, double m3, MarginGradient gradient, MarginFallback fallback)
        : base(nameof(AngularMargin))
    {
        HeadLimits.Within("scale", scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("m1", m1, 0, 8, exclusiveLow: true);
        HeadLimits.Within("m2", m2, 0, Math.PI);
        HeadLimits.Within("m3", m3, 0, 2);
        (_scale, _m1, _m2, _m3, _gradient, _fallback) = (scale, m1, m2, m3, gradient, fallback);
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var target = Shift(input.Target);
        if (_gradient == MarginGradient.Detached)
        {
            target = Angles.StraightThrough(input.Target, target);
        }

        return new MarginOutput(_scale * where(input.IsTarget, target, input.Cosine));
    }

    private Tensor Shift(Tensor cosine)
    {
        if (_m1 == 1 && _m2 == 0)
        {
            return cosine - _m3;
        }

        var shifted = _m1 == 1 ? Angles.Shift(cosine, _m2) : (Angles.Angle(cosine) * _m1 + _m2).cos();
        var limit = Math.Cos(Math.Clamp((Math.PI - _m2) / _m1, 0, Math.PI));
        var value = _fallback switch
        {
            MarginFallback.Hard when _m1 == 1 => where(cosine > limit, shifted, cosine - _m2 * Math.Sin(Math.PI - _m2)),
            MarginFallback.Hard => where(cosine > limit, shifted, cosine - (limit + 1)),
            MarginFallback.Easy => where(cosine > 0, shifted, cosine),
            MarginFallback.Plain => where(cosine > limit, shifted, cosine),
            _ => shifted,
        };
        return value - _m3;
    }
}
