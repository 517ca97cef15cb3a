using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>Connected components of the graph of cosines above a threshold.</summary>
internal static class ThresholdComponents
{
    public static int[] Run(KnnGraph graph, double threshold)
    {
        var sets = new DisjointSets(graph.Count);
        for (var i = 0; i < graph.Count; i++)
        {
            for (var n = 0; n < graph.K && graph.SimilaritiesOf(i)[n] > threshold; n++)
            {
                sets.Union(i, graph.RowsOf(i)[n]);
            }
        }

        return sets.Labels();
    }
}
