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
        Tune("threshold components", sets, graphs, cosines, (_, g, t) => ThresholdComponents.Run(g, t));
        Tune("DBSCAN, 2 neighbours", sets, graphs, cosines, (_, g, t) => Dbscan.Run(g, t, 2));
        Tune("Chinese Whispers", sets, graphs, cosines, (_, g, t) => ChineseWhispers.Run(g, t, 20, 1));
        Tune("approximate rank order, cosine floor 0.40", sets, graphs, [.. Enumerable.Range(1, 20).Select(i => 0.1 * i)], (_, g, t) => ApproximateRankOrder.Run(g, t, 0.40));
        Tune("approximate rank order, cosine floor 0.48", sets, graphs, [.. Enumerable.Range(1, 20).Select(i => 0.1 * i)], (_, g, t) => ApproximateRankOrder.Run(g, t, 0.48));
        Tune("learn-to-cluster tree, density", sets, graphs, cosines, (_, g, t) => DensityTree.Run(g, t, 0.5));
        Tune("average-linkage HAC", sets, graphs, cosines, AverageLinkage.Cut);
        Console.WriteLine("FaceCluster, defaults");
        foreach (var set in sets)
        {
            Console.WriteLine($"  {set.Name,-14} {set.Score(GroupClustering.Run(set.Faces).Centres)}");
        }

        return Task.FromResult(0);
    }

    private static void Tune(string name, BenchSet[] sets, KnnGraph[] graphs, double[] settings, Func<BenchSet, KnnGraph, double, int[]> run)
    {
        var best = settings.MaxBy(setting => sets[0].BCubed(run(sets[0], graphs[0], setting)));
        Console.WriteLine($"{name} (setting {best:F2})");
        for (var s = 0; s < sets.Length; s++)
        {
            Console.WriteLine($"  {sets[s].Name,-14} {sets[s].Score(run(sets[s], graphs[s], best))}");
        }
    }
}
