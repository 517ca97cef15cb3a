using FaceCluster.Bench.Clustering.Ablations;
using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Level two with one part left out at a time. Where a part is left out, the strictness is chosen again (the sum of
/// BCubed F over the sets, grid of 0.5), so that a row shows the loss of the part and not of the balance.
/// </summary>
internal static class AblationScenario
{
    private static readonly JoinWeight Off = new(0, 0);

    public static Task<int> RunAsync(string[] arguments)
    {
        string[] folders = [.. arguments.Where(argument => argument != "--passes")];
        if (folders.Length == 0)
        {
            Console.WriteLine("name one or more folders with features.f32 and labels.meta");
            return Task.FromResult(2);
        }

        var sets = folders.Select(BenchSet.Load).ToArray();
        var knn = new CachedKnn();
        if (folders.Length == arguments.Length)
        {
            LeaveOut(sets, knn);
        }

        Passes(sets, knn);
        Alternatives(sets, knn);
        return Task.FromResult(0);
    }

    /// <summary>The defaults, then one part less at a time.</summary>
    private static void LeaveOut(BenchSet[] sets, CachedKnn knn)
    {
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
    }

    /// <summary>Other ways to do a part.</summary>
    private static void Alternatives(BenchSet[] sets, CachedKnn knn)
    {
        var weights = JoinWeights.Default;
        foreach (var raise in new[] { 0.5, 1.0, 2.0 })
        {
            // A join of two groups of quality q must reach raise x (1 - q) more.
            var bias = new JoinWeight(weights.Bias.Plain - raise, weights.Bias.ByQuality + raise);
            Print($"raised by {raise:F1} x (1 - quality)", sets, knn, With(weights with { Bias = bias }), null, true);
        }

        Print("mutual neighbours only", sets, new MutualKnn(knn), GroupOptions.Default, null, true);
        Print("means learned from the set itself", sets, knn, GroupOptions.Default, null, false, faces => EmbeddingCalibration.Learn(faces));
        Show("bare cosines: trees 0.52, templates 0.58", sets, set => PlainTwoLevel.Run(set.Faces, 0.52, 0.58, prototypes: false));
        Show("the same with two prototypes for groups of 8 and more", sets, set => PlainTwoLevel.Run(set.Faces, 0.52, 0.58, prototypes: true));
    }

    /// <summary>Final passes over the clusters of the defaults.</summary>
    private static void Passes(BenchSet[] sets, CachedKnn knn)
    {
        var runs = sets.ToDictionary(set => set, set =>
        {
            var calibration = EmbeddingCalibration.For(set.Faces);
            knn.Key = $"{set.Name} {calibration.Name}";
            var result = GroupClustering.Run(set.Faces, null, null, calibration, knn);
            return (Result: result, Edges: Edges(set.Faces, calibration, knn));
        });
        Show("level two, defaults", sets, set => runs[set].Result.Centres.ToArray());
        Show("then each face to its likeliest cluster", sets, set => FinalPasses.ToLikeliest(runs[set].Result));
        foreach (var middle in new[] { 2.0, 4.0, 6.0 })
        {
            Show($"then correlation clustering, edges less {middle:F0}", sets, set => FinalPasses.Correlation(runs[set].Result.Centres.ToArray(), runs[set].Edges, middle));
        }

        Show("then the map equation", sets, set => FinalPasses.MapEquation(runs[set].Result.Centres.ToArray(), runs[set].Edges));
        foreach (var floor in new[] { 0.2, 0.3, 0.4 })
        {
            Show($"then bridges cut, 4 faces a side, mean cosine below {floor:F1}", sets, set => FinalPasses.CutBridges(set.Faces, runs[set].Result.Centres.ToArray(), runs[set].Edges, 4, floor));
        }
    }

    /// <summary>The edges of single faces, by row of the set.</summary>
    private static List<(int Other, double Ratio)>[] Edges(FaceSet faces, EmbeddingCalibration calibration, CachedKnn knn)
    {
        var order = BatchForest.ByRank(faces);
        var edges = new List<(int Other, double Ratio)>[faces.Count];
        for (var i = 0; i < edges.Length; i++)
        {
            edges[i] = [];
        }

        var graph = knn.Build([], faces.Count, faces.Dimension, GroupOptions.Default.Neighbours, null, CancellationToken.None);
        for (var i = 0; i < order.Length; i++)
        {
            for (var n = 0; n < graph.K && graph.RowsOf(i)[n] is var j and >= 0; n++)
            {
                var ratio = JoinModel.LogRatio(
                    graph.SimilaritiesOf(i)[n], calibration.ExpectedCosine(faces.Magnitudes[order[i]]) * calibration.ExpectedCosine(faces.Magnitudes[order[j]]));
                if (ratio >= GroupOptions.Default.EdgeLogRatioFloor)
                {
                    edges[order[i]].Add((order[j], ratio));
                    edges[order[j]].Add((order[i], ratio));
                }
            }
        }

        return [.. edges.Select(list => list.Distinct().ToList())];
    }

    private static void Show(string name, BenchSet[] sets, Func<BenchSet, int[]> run)
    {
        Console.WriteLine(name);
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(run(set))}");
        }
    }

    private static GroupOptions With(JoinWeights weights) => GroupOptions.Default with { Weights = weights };

    private static void Print(
        string name, BenchSet[] sets, ISharedKnn knn, GroupOptions options, Func<EmbeddingCalibration, EmbeddingCalibration>? change, bool retune,
        Func<FaceSet, EmbeddingCalibration>? calibrate = null)
    {
        calibrate ??= EmbeddingCalibration.For;
        var best = options.Strictness;
        var bestSum = double.NegativeInfinity;
        for (var step = -6; retune && step <= 6; step++)
        {
            var strictness = options.Strictness + (step * 0.5);
            var sum = sets.Sum(set => set.BCubed(Run(set, knn, options with { Strictness = strictness }, calibrate, change)));
            if (sum > bestSum)
            {
                (best, bestSum) = (strictness, sum);
            }
        }

        Console.WriteLine($"{name} (strictness {best:F2})");
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(Run(set, knn, options with { Strictness = best }, calibrate, change))}");
        }
    }

    private static int[] Run(
        BenchSet set, ISharedKnn knn, GroupOptions options, Func<FaceSet, EmbeddingCalibration> calibrate, Func<EmbeddingCalibration, EmbeddingCalibration>? change)
    {
        var calibration = calibrate(set.Faces);
        calibration = change is null ? calibration : change(calibration);
        knn.Key = $"{set.Name} {calibration.Name}";
        return GroupClustering.Run(set.Faces, options, null, calibration, knn).Centres.ToArray();
    }
}
