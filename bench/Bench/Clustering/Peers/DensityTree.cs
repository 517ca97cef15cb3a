using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>learn-to-cluster's tree with density as confidence: the nearest neighbour of higher density, above a threshold.</summary>
internal static class DensityTree
{
    public static int[] Run(KnnGraph graph, double threshold, double radius)
    {
        var density = new double[graph.Count];
        for (var i = 0; i < graph.Count; i++)
        {
            foreach (var similarity in graph.SimilaritiesOf(i))
            {
                density[i] += 1 - similarity < radius ? similarity : 0;
            }
        }

        var sets = new DisjointSets(graph.Count);
        for (var i = 0; i < graph.Count; i++)
        {
            for (var n = 0; n < graph.K && graph.SimilaritiesOf(i)[n] > threshold; n++)
            {
                if (density[graph.RowsOf(i)[n]] > density[i])
                {
                    sets.Union(i, graph.RowsOf(i)[n]);
                    break;
                }
            }
        }

        return sets.Labels();
    }
}
