using System.Text.Json;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class EvaluationTests
{
    public static TheoryData<string> Cases { get; } =
        ["toy6", "perfect", "all_singletons_pred", "one_cluster_pred", "noise_minus1_as_cluster", "noise_as_singletons", "overmerge", "gt_all_single", "lcg1000"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Evaluate_GoldenCase_IsExact(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "clustering_metrics.json")));
        var expected = golden.RootElement.GetProperty(name);
        var (predicted, truth) = name == "lcg1000"
            ? Generated()
            : (Labels(expected.GetProperty("pred")), Labels(expected.GetProperty("gt")));
        var scores = ClusteringEvaluation.Evaluate(predicted, truth);
        AssertScore(expected.GetProperty("pairwise"), scores.Pairwise);
        AssertScore(expected.GetProperty("bcubed"), scores.BCubed);
        Assert.Equal(expected.GetProperty("nmi_arith").GetDouble(), scores.NmiArithmetic, 1e-12);
        Assert.Equal(expected.GetProperty("nmi_geom").GetDouble(), scores.NmiGeometric, 1e-12);
        Assert.Equal(expected.GetProperty("ari").GetDouble(), scores.AdjustedRand, 1e-12);
    }

    [Fact]
    public void Evaluate_IdentityScores_CountMutualCover()
    {
        // Identity 0 (4 faces): 3 in cluster 0, 1 alone. Identity 1 (2 faces): exactly cluster 1. Identity 2: alone.
        var scores = ClusteringEvaluation.Evaluate([0, 0, 0, 9, 1, 1, 2], [0, 0, 0, 0, 1, 1, 2]);
        Assert.Equal(new PrecisionRecall(0.75, 1), scores.Identity50);
        Assert.Equal(new PrecisionRecall(0.5, 2.0 / 3), scores.Identity90);
        Assert.Equal(4.0 / 3, scores.ClusterRatio, 1e-15);
        Assert.Equal(1.0 / 3, scores.WrongSingletons, 1e-15);
    }

    [Fact]
    public void Evaluate_FiveMillionInOneCluster_DoesNotOverflow()
    {
        var scores = ClusteringEvaluation.Evaluate(new int[5_000_000], new int[5_000_000]);
        Assert.Equal(new PrecisionRecall(1, 1), scores.Pairwise);
    }

    [Fact]
    public void NoiseAsSingletons_GivesEachItsOwnLabel() =>
        Assert.Equal([0, 3, 2, 4], ClusteringEvaluation.NoiseAsSingletons([0, -1, 2, -1]));

    [Fact]
    public void Evaluate_DifferentLengths_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ClusteringEvaluation.Evaluate([1], [1, 2]));

    private static void AssertScore(JsonElement expected, PrecisionRecall actual)
    {
        Assert.Equal(Number(expected[0]), actual.Precision, 1e-12);
        Assert.Equal(Number(expected[1]), actual.Recall, 1e-12);
        Assert.Equal(Number(expected[2]), actual.F, 1e-12);
    }

    private static double Number(JsonElement element) => element.ValueKind == JsonValueKind.String ? double.NaN : element.GetDouble();

    private static int[] Labels(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static (int[] Predicted, int[] Truth) Generated()
    {
        var g = Draw(42);
        var r = Draw(7);
        var truth = g.Select(v => v % 50).ToArray();
        var predicted = truth.Select((t, i) => r[i] % 10 < 8 ? (2 * t) + (r[i] % 2) : 200 + (r[i] % 30)).ToArray();
        return (predicted, truth);

        static int[] Draw(uint x)
        {
            var values = new int[1000];
            for (var i = 0; i < values.Length; i++)
            {
                x = unchecked((1664525 * x) + 1013904223);
                values[i] = (int)(x >> 8);
            }

            return values;
        }
    }
}
