using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Level two with one part left out at a time. Where a part is left out, the strictness is chosen again (the sum of
/// BCubed F over the sets, grid of 0.5), so that a row shows the loss of the part and not of the balance.
/// </summary>
internal static class AblationScenario
{
    private static readonly JoinWeight Off = new(0, 0);

    public static Task<int> RunAsync(string[] folders)
    {
        if (folders.Length == 0)
        {
            Console.WriteLine("name one or more folders with features.f32 and labels.meta");
            return Task.FromResult(2);
        }

        var sets = folders.Select(BenchSet.Load).ToArray();
        var knn = new CachedKnn();
        Console.WriteLine("level one alone, magnitude as rank, tau 0.50");
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(BatchForest.Build(set.Faces, ForestOptions.Default).Roots)}");
        }

        var weights = JoinWeights.Default;
        Print("level two, defaults", sets, knn, GroupOptions.Default, null, retune: false);
        Print("no centring", sets, knn, GroupOptions.Default, c => c.WithoutCentring(), retune: true);
        Print("one quality for all faces", sets, knn, GroupOptions.Default, c => c.WithConstantQuality(0.6), retune: true);
        Print("no support of several edges", sets, knn, With(weights with { Support = Off, ShareOfSmaller = Off, ShareOfLarger = Off }), null, true);
        Print("no shares of outward support", sets, knn, With(weights with { ShareOfSmaller = Off, ShareOfLarger = Off }), null, true);
        Print("no best edge", sets, knn, With(weights with { BestEdge = Off }), null, true);
        Print("no template cosine", sets, knn, With(weights with { Template = Off }), null, true);
        Print("no sizes", sets, knn, With(weights with { Larger = Off, Smaller = Off }), null, true);
        Print("10 neighbours", sets, knn, GroupOptions.Default with { Neighbours = 10 }, null, true);
        Print("40 neighbours", sets, knn, GroupOptions.Default with { Neighbours = 40 }, null, true);
        return Task.FromResult(0);
    }

    private static GroupOptions With(JoinWeights weights) => GroupOptions.Default with { Weights = weights };

    private static void Print(
        string name, BenchSet[] sets, CachedKnn knn, GroupOptions options, Func<EmbeddingCalibration, EmbeddingCalibration>? change, bool retune)
    {
        var best = options.Strictness;
        var bestSum = double.NegativeInfinity;
        for (var step = -6; retune && step <= 6; step++)
        {
            var strictness = options.Strictness + (step * 0.5);
            var sum = sets.Sum(set => set.BCubed(Run(set, knn, options with { Strictness = strictness }, change)));
            if (sum > bestSum)
            {
                (best, bestSum) = (strictness, sum);
            }
        }

        Console.WriteLine($"{name} (strictness {best:F2})");
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(Run(set, knn, options with { Strictness = best }, change))}");
        }
    }

    private static int[] Run(BenchSet set, CachedKnn knn, GroupOptions options, Func<EmbeddingCalibration, EmbeddingCalibration>? change)
    {
        var calibration = EmbeddingCalibration.For(set.Faces);
        calibration = change is null ? calibration : change(calibration);
        knn.Key = $"{set.Name} {calibration.Name}";
        return GroupClustering.Run(set.Faces, options, null, calibration, knn).Centres.ToArray();
    }
}
