using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>Which code's details <see cref="MisclassifiedMargin"/> follows.</summary>
public enum MisclassifiedVariant
{
    /// <summary>(1 + t) c + t for a hard class (adaptive form of the paper, SV-X-Softmax).</summary>
    Adaptive,

    /// <summary>c + t for a hard class (fixed form of the paper).</summary>
    Fixed,

    /// <summary>The fixed form as BoundaryFace copies it: equality counts as hard, the target has the hard fallback, everything is cut off at -1 and 1.</summary>
    BoundaryFace,

    /// <summary>Adaptive as in FaceX-Zoo: the cosine margin is left out where the cosine is below the margin, not below 0.</summary>
    FaceXZoo,
}

/// <summary>
/// MV-Softmax (Wang et al. 2020): a class whose cosine exceeds the target's value after its margin is hard and is raised. The
/// comparison uses the margin's value also where the easy gate leaves the target as it is.
/// </summary>
public sealed class MisclassifiedMargin : Margin
{
    private readonly double _scale;
    private readonly double _margin;
    private readonly double _raise;
    private readonly bool _additive;
    private readonly bool _easy;
    private readonly MisclassifiedVariant _variant;

    /// <param name="scale">s, positive: 32.</param>
    /// <param name="margin">m: 0.35.</param>
    /// <param name="raise">t: 0.2.</param>
    /// <param name="additive">MV-AM (margin on the cosine) rather than MV-Arc (on the angle).</param>
    /// <param name="easy">Whether targets at negative cosines keep their value.</param>
    /// <param name="variant">Form.</param>
    public MisclassifiedMargin(double scale, double margin, double raise, bool additive, bool easy, MisclassifiedVariant variant)
        : base(nameof(MisclassifiedMargin))
    {
        HeadLimits.Within("scale", scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("margin", margin, 0, 3);
        HeadLimits.Within("raise", raise, 0, 2);
        (_scale, _margin, _raise, _additive, _easy, _variant) = (scale, margin, raise, additive, easy, variant);
    }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        var shifted = _additive ? input.Target - _margin : Angles.Shift(input.Target, _margin);
        var gate = _variant == MisclassifiedVariant.FaceXZoo && _additive ? _margin : 0;
        if (_variant == MisclassifiedVariant.BoundaryFace && !_additive)
        {
            shifted = where(input.Target > Math.Cos(Math.PI - _margin), shifted, input.Target - _margin * Math.Sin(Math.PI - _margin)).clamp(-1, 1);
        }

        var target = _easy ? where(input.Target > gate, shifted, input.Target) : shifted;
        var raised = _variant switch
        {
            MisclassifiedVariant.Fixed => input.Cosine + _raise,
            MisclassifiedVariant.BoundaryFace => (input.Cosine + _raise).clamp(-1, 1),
            _ => (1 + _raise) * input.Cosine + _raise,
        };
        var hard = _variant == MisclassifiedVariant.BoundaryFace ? input.Cosine >= shifted : input.Cosine > shifted;
        var others = where(hard, raised, input.Cosine);
        return new MarginOutput(_scale * where(input.IsTarget, target, others));
    }
}
