using CsCheck;
using FaceCluster.Evaluation.Metrics;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Metrics;

public sealed class RocCurveTests
{
    private static readonly Gen<float[]> Scores = Gen.Int[-9, 9].Select(value => value / 10f).Array[1, 40];

    [Fact]
    public void GoldenScores_EveryMetric_IsThatOfTheReference()
    {
        var golden = GoldenFile.Read("biometric_metrics.json");
        var results = golden.GetProperty("results");
        var roc = new RocCurve(golden.GetProperty("inputs").GetProperty("genuine").Floats(), golden.GetProperty("inputs").GetProperty("impostor").Floats());
        foreach (var (name, rate) in (ValueTuple<string, double>[])[("fmr100", 0.01), ("fmr1000", 0.001), ("fmr_at_0_002", 0.002)])
        {
            var point = roc.AtMost(rate);
            var expected = results.GetProperty(name);
            Assert.Equal(expected.GetProperty("fnmr").GetDouble(), point.FalseNonMatchRate, 1e-9);
            Assert.Equal(expected.GetProperty("fmr").GetDouble(), point.FalseMatchRate, 1e-9);
            Assert.Equal(expected.GetProperty("threshold_lowest").GetDouble(), point.Threshold, 1e-6);
        }

        var (equal, threshold) = roc.EqualError();
        Assert.Equal(results.GetProperty("eer").GetDouble(), equal, 1e-9);
        Assert.Equal(results.GetProperty("eer_threshold").GetDouble(), threshold, 1e-6);
        Assert.Equal(results.GetProperty("fdr_population_variance").GetDouble(), roc.FisherRatio(), 1e-5);
        foreach (var target in results.GetProperty("tar_nearest_point").EnumerateObject())
        {
            Assert.Equal(target.Value.GetDouble(), roc.Nearest(double.Parse(target.Name, System.Globalization.CultureInfo.InvariantCulture)).TrueAcceptRate, 1e-9);
        }

        foreach (var target in results.GetProperty("tar_far_not_above_target").EnumerateObject())
        {
            Assert.Equal(target.Value.GetDouble(), roc.AtMost(double.Parse(target.Name, System.Globalization.CultureInfo.InvariantCulture)).TrueAcceptRate, 1e-9);
        }
    }

    [Fact]
    public void GoldenTies_EqualScores_StandOrFallTogether()
    {
        var ties = GoldenFile.Read("biometric_metrics.json").GetProperty("tie_case");
        var roc = new RocCurve(ties.GetProperty("genuine").Floats(), ties.GetProperty("impostor").Floats());
        Assert.Equal(ties.GetProperty("fnmr_with_fmr_at_most_0_2").GetDouble(), roc.AtMost(0.2).FalseNonMatchRate, 1e-9);
        Assert.Equal(ties.GetProperty("fnmr_with_fmr_at_most_0_1").GetDouble(), roc.AtMost(0.1).FalseNonMatchRate, 1e-9);
    }

    [Fact]
    public void AtMost_AnyScores_IsTheBestPointOfAll() => Gen.Select(Scores, Scores, Gen.Double[0, 1]).Sample((genuine, impostor, rate) =>
    {
        var roc = new RocCurve([.. genuine], [.. impostor]);
        var points = Points(genuine, impostor).ToArray();
        Assert.Equal(points.Where(point => point.Fmr <= rate).Min(point => point.Fnmr), roc.AtMost(rate).FalseNonMatchRate, 1e-12);
        Assert.True(roc.AtMost(rate).FalseMatchRate <= rate + 1e-9);
        var nearest = points.Min(point => Math.Abs(point.Fmr - rate));
        Assert.Equal(points.Where(point => Math.Abs(point.Fmr - rate) < nearest + 1e-12).Min(point => point.Fnmr), roc.Nearest(rate).FalseNonMatchRate, 1e-12);
    });

    [Fact]
    public void EqualError_AnyScores_HasTheSmallestGap() => Gen.Select(Scores, Scores).Sample((genuine, impostor) =>
    {
        var (rate, threshold) = new RocCurve([.. genuine], [.. impostor]).EqualError();
        var points = Points(genuine, impostor).Where(point => double.IsFinite(point.Threshold)).ToArray();
        var gap = points.Min(point => Math.Abs(point.Fmr - point.Fnmr));
        var first = points.Where(point => Math.Abs(point.Fmr - point.Fnmr) < gap + 1e-12).MinBy(point => point.Threshold);
        Assert.Equal((first.Fmr + first.Fnmr) / 2, rate, 1e-12);
        Assert.Equal(first.Threshold, threshold, 1e-6);
    });

    [Fact]
    public void Constructor_NoScoresOrNone_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new RocCurve([], [1]));
        Assert.Throws<ArgumentException>(() => new RocCurve([1], [float.NaN]));
    }

    private static IEnumerable<(double Threshold, double Fmr, double Fnmr)> Points(float[] genuine, float[] impostor) =>
        genuine.Concat(impostor).Select(score => (double)score).Append(double.PositiveInfinity).Distinct().Select(threshold => (
            threshold,
            (double)impostor.Count(score => score >= threshold) / impostor.Length,
            (double)genuine.Count(score => score < threshold) / genuine.Length));
}
