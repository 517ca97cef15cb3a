using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>DBSCAN (Ester et al. 1996) on the neighbour graph; noise stays single.</summary>
internal static class Dbscan
{
    public static int[] Run(KnnGraph graph, double threshold, int minimum)
    {
        var near = new int[graph.Count];
        for (var i = 0; i < graph.Count; i++)
        {
            while (near[i] < graph.K && graph.SimilaritiesOf(i)[near[i]] > threshold)
            {
                near[i]++;
            }
        }

        var sets = new DisjointSets(graph.Count);
        for (var i = 0; i < graph.Count; i++)
        {
            for (var n = 0; near[i] >= minimum && n < near[i]; n++)
            {
                if (near[graph.RowsOf(i)[n]] >= minimum)
                {
                    sets.Union(i, graph.RowsOf(i)[n]);
                }
            }
        }

        var labels = sets.Labels();
        for (var i = 0; i < graph.Count; i++)
        {
            // A border point goes to its nearest core point.
            for (var n = 0; near[i] < minimum && n < near[i]; n++)
            {
                if (near[graph.RowsOf(i)[n]] >= minimum)
                {
                    labels[i] = labels[graph.RowsOf(i)[n]];
                    break;
                }
            }
        }

        return labels;
    }
}
