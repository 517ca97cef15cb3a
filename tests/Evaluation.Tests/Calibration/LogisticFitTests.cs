using FaceCluster.Evaluation.Calibration;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Testing;
using FaceCluster.TrainingData.Loading;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Calibration;

public sealed class LogisticFitTests
{
    [Fact]
    public void Fit_ScoresOfAKnownModel_FindsItAgain()
    {
        var random = RandomSource.At(5, 0, 0);
        var (genuine, impostor) = (new List<double>(), new List<double>());
        while (genuine.Count + impostor.Count < 60_000)
        {
            // Cosines spread evenly, each of one person with the probability that the model gives; half of either kind.
            var cosine = -0.2 + (1.1 * random.NextDouble());
            (random.NextDouble() < 1 / (1 + Math.Exp(-18 * (cosine - 0.35))) ? genuine : impostor).Add(cosine);
        }

        var fitted = LogisticFit.Fit(genuine.ToArray(), impostor.ToArray());
        Assert.Equal(18, fitted.Slope, 0.6);

        // Weighing both kinds alike moves the offset by the logarithm of their ratio.
        Assert.Equal(0.35 + (Math.Log((double)genuine.Count / impostor.Count) / 18), fitted.Midpoint, 0.01);
    }

    [Fact]
    public void Fit_NothingToFit_SaysSo()
    {
        Assert.Contains("without an error", Assert.Throws<ArgumentException>(() => LogisticFit.Fit([0.8, 0.9], [0.1, 0.2])).Message, StringComparison.Ordinal);
        Assert.Contains("not more alike", Assert.Throws<ArgumentException>(() => LogisticFit.Fit([0.1, 0.5, 0.2], [0.6, 0.3, 0.7])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => LogisticFit.Fit([], [0.1]));
    }

    /// <summary>The numbers in the default model's manifest come from these faces.</summary>
    [Fact]
    public void Fit_DefaultModelOnLfw_GivesTheManifestsNumbers()
    {
        if (SharedData.Path("lfw-dev", "features.f32") is not { } features)
        {
            Assert.Skip(SharedData.SkipReason);
            return;
        }

        var raw = new float[new FileInfo(features).Length / sizeof(float)];
        File.ReadAllBytes(features).AsSpan().CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(raw.AsSpan()));
        var faces = new FaceEmbeddings(raw, 512);
        int[] people = [.. File.ReadLines(SharedData.Path("lfw-dev", "labels.meta")!).Select(int.Parse)];
        var (genuine, impostor) = LogisticFit.ChoosePairs(people, (left, right) => faces.Cosine(left, right), seed: 0);
        Assert.Equal(2537, genuine.Length);
        var fitted = LogisticFit.Fit(genuine, impostor);
        Assert.Equal(25.4, fitted.Slope, 2.5);
        Assert.Equal(0.282, fitted.Midpoint, 0.015);
    }

    [Fact]
    public void ChoosePairs_OnePersonOnly_IsRefused() =>
        Assert.Throws<ArgumentException>(() => LogisticFit.ChoosePairs([1, 1, 1], (_, _) => 0, 0));
}
