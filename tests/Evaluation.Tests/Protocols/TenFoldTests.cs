using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.TrainingData.Verification;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Protocols;

public sealed class TenFoldTests
{
    private static readonly System.Text.Json.JsonElement Golden = GoldenFile.Read("lfw_10fold.json");

    [Fact]
    public void Accuracy_Golden_EveryFoldAndThresholdAgree()
    {
        var (distances, same) = Distances();
        var result = TenFoldVerification.Accuracy(distances, same);
        var expected = Golden.GetProperty("results");
        Assert.Equal(expected.GetProperty("first_20_distances").Doubles(), distances[..20].Select(value => Math.Round(value, 13)), Close);
        Assert.Equal(expected.GetProperty("fold_accuracy").Doubles(), result.FoldAccuracies, Close);
        Assert.Equal(expected.GetProperty("best_threshold").Doubles(), result.Thresholds, Close);
        Assert.Equal(expected.GetProperty("accuracy_mean").GetDouble(), result.Accuracy, 1e-9);
        Assert.Equal(expected.GetProperty("accuracy_std_population").GetDouble(), result.Deviation, 1e-9);
    }

    [Fact]
    public void TrueAcceptRate_Golden_Agrees()
    {
        var (distances, same) = Distances();
        foreach (var target in Golden.GetProperty("results").GetProperty("val_at_far").EnumerateObject())
        {
            var result = TenFoldVerification.TrueAcceptRate(distances, same, double.Parse(target.Name, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(target.Value.GetProperty("val_mean").GetDouble(), result.TrueAcceptRate, 1e-9);
            Assert.Equal(target.Value.GetProperty("val_std").GetDouble(), result.Deviation, 1e-9);
            Assert.Equal(target.Value.GetProperty("far_mean").GetDouble(), result.FalseAcceptRate, 1e-9);
        }

        var thresholds = TenFoldVerification.TrueAcceptRate(distances, same, 0.001).Thresholds;
        Assert.Equal(Golden.GetProperty("results").GetProperty("val_threshold_per_fold_far_0_001").Doubles(), thresholds, Close);
    }

    [Fact]
    public void ConcatenatedAndCentred_Golden_Agrees()
    {
        var (orig, flip) = (Rows("orig"), Rows("flip"));
        var pairs = Same().Select((same, i) => new VerificationPair(2 * i, (2 * i) + 1, same)).ToArray();
        var result = ModelEvaluation.TenFold(orig, flip, pairs, FlipMode.Concat);
        Assert.Equal(Golden.GetProperty("results").GetProperty("askd_variant_fold_accuracy").Doubles(), result.FoldAccuracies, Close);
    }

    [Fact]
    public void Accuracy_FewerThanTenPairs_IsRefused() =>
        Assert.Throws<ArgumentException>(() => TenFoldVerification.Accuracy([1, 2], [true, false]));

    private static bool Close(double left, double right) => Math.Abs(left - right) < 1e-9;

    private static bool[] Same() => [.. Golden.GetProperty("inputs").GetProperty("issame").Ints().Select(value => value == 1)];

    private static FaceEmbeddings Rows(string name) =>
        new([.. Golden.GetProperty("inputs").GetProperty(name).EnumerateArray().SelectMany(row => row.Floats())], 8);

    /// <summary>Squared distances of the normalised sums, in double precision as the reference computes them.</summary>
    private static (double[] Distances, bool[] Same) Distances()
    {
        var (orig, flip, same) = (Rows("orig"), Rows("flip"), Same());
        var distances = same.Select((_, i) =>
        {
            var (a, b) = (Sum(orig, flip, 2 * i), Sum(orig, flip, (2 * i) + 1));
            return a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
        });
        return ([.. distances], same);
    }

    private static double[] Sum(FaceEmbeddings orig, FaceEmbeddings flip, int row)
    {
        var sum = orig.Vector(row).ToArray().Zip(flip.Vector(row).ToArray(), (a, b) => (double)a + b).ToArray();
        var length = Math.Sqrt(sum.Sum(value => value * value));
        return [.. sum.Select(value => value / length)];
    }
}
