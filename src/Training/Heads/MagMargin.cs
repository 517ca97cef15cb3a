using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// MagFace (Meng et al. 2021): the margin grows with the length of the embedding, m(a) = (um - lm) / (ua - la) (a - la) + lm with
/// a = |x| kept within [la, ua], and lambda times the mean of g(a) = 1 / a + a / ua^2 pulls lengths up. Target s cos(t + m(a)), or
/// s (cos t - m(a)). Lengths outside the range have no gradient through a.
/// </summary>
public sealed class MagMargin : Margin
{
    private readonly MagMarginOptions _options;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public MagMargin(MagMarginOptions options)
        : base(nameof(MagMargin))
    {
        HeadLimits.Within("scale", options.Scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("lowerNorm", options.LowerNorm, 0, 1e6, exclusiveLow: true);
        HeadLimits.Within("upperNorm", options.UpperNorm, options.LowerNorm, 1e6, exclusiveLow: true);
        HeadLimits.Within("lowerMargin", options.LowerMargin, 0, 3);
        HeadLimits.Within("upperMargin", options.UpperMargin, options.LowerMargin, 3);
        HeadLimits.Within("lambda", options.Lambda, 0, 1e6);
        _options = options;
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var length = input.Norm.clamp(_options.LowerNorm, _options.UpperNorm);
        var slope = (_options.UpperMargin - _options.LowerMargin) / (_options.UpperNorm - _options.LowerNorm);
        var margin = slope * (length - _options.LowerNorm) + _options.LowerMargin;
        var target = _options.Additive ? input.Target - margin : Turned(input.Target, margin);
        var pull = (1 / length + length / (_options.UpperNorm * _options.UpperNorm)).mean();
        return new MarginOutput(
            _options.Scale * where(input.IsTarget, target, input.Cosine),
            _options.Lambda * pull,
            ("norm/mean", input.Norm.detach().mean()),
            ("norm/min", input.Norm.detach().min()),
            ("norm/max", input.Norm.detach().max()),
            ("margin/mean", margin.detach().mean()),
            ("g", pull.detach()));
    }

    private Tensor Turned(Tensor cosine, Tensor margin)
    {
        var shifted = Angles.Shift(cosine, margin);
        return _options.Fallback switch
        {
            MarginFallback.Easy => where(cosine > 0, shifted, cosine),
            MarginFallback.Hard => where(cosine > (Math.PI - margin).cos(), shifted, cosine - (Math.PI - margin).sin() * margin),
            MarginFallback.Plain => where(cosine > (Math.PI - margin).cos(), shifted, cosine),
            _ => shifted,
        };
    }
}

/// <summary>Settings of <see cref="MagMargin"/>; the defaults are those of training from scratch.</summary>
public sealed record MagMarginOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>la: lengths below count as this.</summary>
    public double LowerNorm { get; init; } = 10;

    /// <summary>ua: lengths above count as this.</summary>
    public double UpperNorm { get; init; } = 110;

    /// <summary>lm: margin at the lower length, radians (cosine in the additive form).</summary>
    public double LowerMargin { get; init; } = 0.45;

    /// <summary>um: margin at the upper length.</summary>
    public double UpperMargin { get; init; } = 0.8;

    /// <summary>Weight of the mean of g.</summary>
    public double Lambda { get; init; } = 35;

    /// <summary>Whether the margin is subtracted from the cosine (Mag-CosFace: margins 0.35 to 0.8, lambda 150) instead of added to the angle.</summary>
    public bool Additive { get; init; }

    /// <summary>What happens past pi; easy is the reference's default.</summary>
    public MarginFallback Fallback { get; init; } = MarginFallback.Easy;
}
