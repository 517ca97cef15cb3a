using FaceCluster.Bench.Clustering.Peers;
using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Other methods on the same embeddings. The first folder chooses each method's setting by BCubed F; the others are
/// scored with it.
/// </summary>
internal static class PeersScenario
{
    public static Task<int> RunAsync(string[] folders)
    {
        if (folders.Length == 0)
        {
            Console.WriteLine("name the folder that chooses the settings, then the folders to score");
            return Task.FromResult(2);
        }

        var sets = folders.Select(BenchSet.Load).ToArray();
        var graphs = sets.Select(set => set.PlainGraph(80)).ToArray();
        double[] cosines = [.. Enumerable.Range(0, 22).Select(i => 0.30 + (0.02 * i))];
        Tune("threshold components", sets, graphs, cosines, [0], (_, g, t, _) => ThresholdComponents.Run(g, t));
        Tune("DBSCAN, cosine and neighbours", sets, graphs, cosines, [1, 2, 3, 5], (_, g, t, n) => Dbscan.Run(g, t, (int)n));
        Tune("Chinese Whispers", sets, graphs, cosines, [0], (_, g, t, _) => ChineseWhispers.Run(g, t, 20, 1));
        Tune(
            "approximate rank order, distance and cosine floor", sets, graphs, [.. Enumerable.Range(1, 15).Select(i => 0.2 * i)],
            [0.36, 0.40, 0.44, 0.48, 0.52, 0.56], (_, g, t, floor) => ApproximateRankOrder.Run(g, t, floor));
        Tune("learn-to-cluster tree, cosine and radius of the density", sets, graphs, cosines, [0.3, 0.5, 0.7, 0.9], (_, g, t, radius) => DensityTree.Run(g, t, radius));
        Tune("average-linkage HAC", sets[..1], graphs, cosines, [0], (set, g, t, _) => AverageLinkage.Cut(set, g, t));

        Console.WriteLine("FaceCluster, defaults");
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(GroupClustering.Run(set.Faces).Centres)}");
        }

        return Task.FromResult(0);
    }

    /// <summary>Tries all pairs of settings on the first set.</summary>
    private static void Tune(
        string name, BenchSet[] sets, KnnGraph[] graphs, double[] first, double[] second, Func<BenchSet, KnnGraph, double, double, int[]> run)
    {
        var settings = from a in first from b in second select (A: a, B: b);
        var best = settings.MaxBy(setting => sets[0].BCubed(run(sets[0], graphs[0], setting.A, setting.B)));
        Console.WriteLine(second.Length == 1 ? $"{name} ({best.A:F2})" : $"{name} ({best.A:F2}, {best.B:F2})");
        for (var s = 0; s < sets.Length; s++)
        {
            Console.WriteLine($"  {sets[s].Name,-14} {sets[s].Score(run(sets[s], graphs[s], best.A, best.B))}");
        }
    }
}
