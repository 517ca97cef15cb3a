using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// SphereFace (Liu et al. 2017): psi(t) = (-1)^k cos(m t) - 2 k with k = floor(m t / pi). The embedding keeps its length: target
/// |x| (lambda cos t + psi) / (1 + lambda), others |x| cos t. Lambda falls from step to step: max(least, start / (1 + decay step)).
/// </summary>
public sealed class SphereMargin : Margin
{
    private readonly int _margin;
    private readonly double _least;
    private readonly double _start;
    private readonly double _decay;

    /// <param name="margin">m, 1 to 4.</param>
    /// <param name="leastLambda">What lambda falls to.</param>
    /// <param name="startLambda">Lambda before the first step.</param>
    /// <param name="decay">How fast lambda falls per step.</param>
    public SphereMargin(int margin = 4, double leastLambda = 5, double startLambda = 1500, double decay = 0.1)
        : base(nameof(SphereMargin))
    {
        HeadLimits.Within("margin", margin, 1, 4);
        HeadLimits.Within("leastLambda", leastLambda, 0, 1e6);
        HeadLimits.Within("startLambda", startLambda, leastLambda, 1e6);
        (_margin, _least, _start, _decay) = (margin, leastLambda, startLambda, decay);
        register_buffer("iteration", zeros(1, ScalarType.Int64));
    }

    /// <summary>Steps done.</summary>
    internal long Iteration
    {
        get => get_buffer("iteration")!.item<long>();
        set => get_buffer("iteration")!.fill_(value);
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var lambda = Math.Max(_least, _start / (1 + _decay * Iteration));
        var cosine = input.Target;
        var k = (cosine.detach().acos() * _margin / Math.PI).floor();
        var sign = 1 - 2 * k.remainder(2);
        var psi = sign * Multiple(cosine) - 2 * k;
        var target = (lambda * cosine + psi) / (1 + lambda);
        return new MarginOutput(input.Norm * where(input.IsTarget, target, input.Cosine), null, ("lambda", tensor(lambda)));
    }

    internal override void NextStep() => Iteration++;

    // Chebyshev polynomials of the first kind: cos(m t) of cos(t) without an angle.
    private Tensor Multiple(Tensor c) => _margin switch
    {
        1 => c,
        2 => 2 * c * c - 1,
        3 => 4 * c.pow(3) - 3 * c,
        _ => 8 * c.pow(4) - 8 * c * c + 1,
    };
}

/// <summary>
/// SphereFace as OpenSphere trains it (Liu et al. 2022): embeddings normalised, any m, target s psi(t) with the gradient of the
/// plain cosine. Angles are taken of cosines kept 1e-5 away from the ends, for every class.
/// </summary>
public sealed class OpenSphereMargin : Margin
{
    private readonly double _scale;
    private readonly double _margin;

    /// <param name="scale">s, positive: 30, or 64 for 100 layers.</param>
    /// <param name="margin">m, at least 1.</param>
    public OpenSphereMargin(double scale = 30, double margin = 1.7)
        : base(nameof(OpenSphereMargin))
    {
        HeadLimits.Within("scale", scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("margin", margin, 1, 8);
        (_scale, _margin) = (scale, margin);
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var angle = input.Cosine.detach().clamp(-1 + 1e-5, 1 - 1e-5).acos();
        angle = where(input.IsTarget, angle * _margin, angle);
        var k = (angle / Math.PI).floor();
        var psi = (1 - 2 * k.remainder(2)) * angle.cos() - 2 * k;
        return new MarginOutput(_scale * Angles.StraightThrough(input.Cosine, psi));
    }
}
