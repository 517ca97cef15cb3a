using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>Chinese Whispers (Biemann 2006): every face takes the label with the most weight around it, in random order.</summary>
internal static class ChineseWhispers
{
    public static int[] Run(KnnGraph graph, double threshold, int rounds, int seed)
    {
        var edges = new List<(int Other, float Weight)>[graph.Count];
        for (var i = 0; i < graph.Count; i++)
        {
            edges[i] = [];
        }

        for (var i = 0; i < graph.Count; i++)
        {
            for (var n = 0; n < graph.K && graph.SimilaritiesOf(i)[n] > threshold; n++)
            {
                edges[i].Add((graph.RowsOf(i)[n], graph.SimilaritiesOf(i)[n]));
                edges[graph.RowsOf(i)[n]].Add((i, graph.SimilaritiesOf(i)[n]));
            }
        }

        var labels = Enumerable.Range(0, graph.Count).ToArray();
        var order = Enumerable.Range(0, graph.Count).ToArray();
        var random = new Random(seed);
        var votes = new Dictionary<int, float>();
        for (var round = 0; round < rounds; round++)
        {
            random.Shuffle(order);
            foreach (var i in order)
            {
                votes.Clear();
                foreach (var (other, weight) in edges[i])
                {
                    votes[labels[other]] = votes.GetValueOrDefault(labels[other]) + weight;
                }

                labels[i] = votes.Count == 0 ? labels[i] : votes.MaxBy(v => v.Value).Key;
            }
        }

        return labels;
    }
}
