using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>How ElasticFace gives its drawn margins to the samples of a batch.</summary>
public enum ElasticAssignment
{
    /// <summary>As drawn.</summary>
    Random,

    /// <summary>The plus forms: the sample with the smallest cosine to its class gets the largest margin.</summary>
    Rank,

    /// <summary>
    /// The plus forms as the reference codes them: it indexes the sorted margins by the sort order instead of the rank, which gives
    /// margins that do not depend on the cosine. For comparison only.
    /// </summary>
    ReferenceBug,
}

/// <summary>ElasticFace (Boutros et al. 2022): every sample's margin is drawn from N(mean, deviation) anew in each step.</summary>
public sealed class ElasticMargin : Margin
{
    private readonly double _scale;
    private readonly double _mean;
    private readonly double _deviation;
    private readonly bool _additive;
    private readonly ElasticAssignment _assignment;

    /// <param name="scale">s, positive.</param>
    /// <param name="mean">Mean margin: 0.5 (angle), 0.35 (cosine).</param>
    /// <param name="deviation">Standard deviation: 0.05; plus forms 0.0175 (angle), 0.02 (cosine).</param>
    /// <param name="additive">Whether the margin is subtracted from the cosine instead of added to the angle.</param>
    /// <param name="assignment">Who gets which draw.</param>
    public ElasticMargin(double scale, double mean, double deviation, bool additive, ElasticAssignment assignment)
        : base(nameof(ElasticMargin))
    {
        HeadLimits.Within("scale", scale, 0, 1024, exclusiveLow: true);
        HeadLimits.Within("margin", mean, 0, 3);
        HeadLimits.Within("deviation", deviation, 0, 1);
        (_scale, _mean, _deviation, _additive, _assignment) = (scale, mean, deviation, additive, assignment);
    }

    /// <summary>Draws a margin for each of so many samples, [count, 1]; replaced where a test has its own draws.</summary>
    internal Func<long, ScalarType, Tensor>? Draw { get; set; }

    /// <inheritdoc/>
    public override MarginOutput forward(MarginInput input)
    {
        Tensor margin;
        using (no_grad())
        {
            var count = input.Target.shape[0];
            var drawn = Draw?.Invoke(count, input.Target.dtype) ?? (randn(count, 1, input.Target.dtype, input.Target.device) * _deviation + _mean);
            margin = Assign(drawn.reshape(-1), input.Target.reshape(-1)).reshape(-1, 1);
        }

        var target = _additive ? input.Target - margin : Angles.Shift(input.Target, margin);
        return new MarginOutput(_scale * where(input.IsTarget, target, input.Cosine));
    }

    private Tensor Assign(Tensor drawn, Tensor cosine)
    {
        if (_assignment == ElasticAssignment.Random)
        {
            return drawn;
        }

        var ascending = drawn.sort(0).Values;
        var order = cosine.argsort(0, descending: true);
        return _assignment == ElasticAssignment.ReferenceBug ? ascending.index_select(0, order) : ascending.index_select(0, order.argsort(0));
    }
}
