using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>
/// Approximate rank order (Otto, Wang, Jain 2018): the distance counts the neighbours that two faces do not share, over
/// their rank in each other's list; with a floor on the cosine.
/// </summary>
internal static class ApproximateRankOrder
{
    public static int[] Run(KnnGraph graph, double threshold, double floor)
    {
        const int Length = 20;
        var k = Math.Min(Length, graph.K);
        var lists = new Dictionary<int, int>[graph.Count];
        for (var i = 0; i < graph.Count; i++)
        {
            lists[i] = new Dictionary<int, int> { [i] = 0 };
            for (var n = 0; n < k; n++)
            {
                lists[i][graph.RowsOf(i)[n]] = n + 1;
            }
        }

        var sets = new DisjointSets(graph.Count);
        for (var i = 0; i < graph.Count; i++)
        {
            for (var n = 0; n < k && graph.SimilaritiesOf(i)[n] > floor; n++)
            {
                var j = graph.RowsOf(i)[n];
                if (lists[j].TryGetValue(i, out var back)
                    && (double)(Missing(graph, lists, i, j, n + 1) + Missing(graph, lists, j, i, back)) / Math.Min(n + 1, back) < threshold)
                {
                    sets.Union(i, j);
                }
            }
        }

        return sets.Labels();
    }

    /// <summary>How many of a's neighbours up to b are not among b's.</summary>
    private static int Missing(KnnGraph graph, Dictionary<int, int>[] lists, int a, int b, int until)
    {
        var missing = 0;
        for (var n = 0; n < until; n++)
        {
            missing += lists[b].ContainsKey(graph.RowsOf(a)[n]) ? 0 : 1;
        }

        return missing;
    }
}
