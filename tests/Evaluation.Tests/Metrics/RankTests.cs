using CsCheck;
using FaceCluster.Evaluation.Metrics;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Metrics;

public sealed class RankTests
{
    [Fact]
    public void Spearman_AnyMonotonicFunction_IsOne() => Gen.Int[-9, 9].Array[3, 30].Where(values => values.Distinct().Count() > 1).Sample(integers =>
    {
        double[] values = [.. integers.Select(value => (double)value)];
        Assert.Equal(1, RankCorrelation.Spearman(values, [.. values.Select(value => Math.Exp(value))]), 1e-9);
        Assert.Equal(-1, RankCorrelation.Spearman(values, [.. values.Select(value => -value * 3)]), 1e-9);
    });

    // 1 - 6 * 8 / (5 * 24) by hand; ties share the mean of their ranks.
    [Fact]
    public void Spearman_ByHand_Agrees()
    {
        Assert.Equal(0.6, RankCorrelation.Spearman([1, 2, 3, 4, 5], [2, 1, 4, 5, 3]), 1e-12);
        Assert.Equal(Math.Sqrt(0.75), RankCorrelation.Spearman([1, 2, 3], [1, 2, 2]), 1e-12);
    }

    [Fact]
    public void Reject_QualityThatKnowsTheErrors_ReachesZero()
    {
        float[] scores = [0.1f, 0.2f, 0.8f, 0.9f, 0.7f, 0.9f, 0.95f, 0.85f, 0.75f, 0.65f];
        float[] qualities = [1, 2, 5, 6, 7, 8, 9, 10, 11, 12];
        var curve = ErrorVersusReject.Curve(scores, qualities, 0.5, [0, 0.1, 0.2, 0.5]);
        Assert.Equal([0.2, 1 / 9.0, 0, 0], curve.Select(point => point.FalseNonMatchRate), (left, right) => Math.Abs(left - right) < 1e-12);
        var blind = ErrorVersusReject.Curve(scores, [12, 11, 5, 6, 7, 8, 9, 10, 1, 2], 0.5, [0.2]);
        Assert.Equal(0.25, blind[0].FalseNonMatchRate, 1e-12);
    }
}
