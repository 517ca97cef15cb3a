using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>A builder that several runs share.</summary>
internal interface ISharedKnn : IKnnBuilder
{
    /// <summary>What the graph depends on besides its size: the set and its centring.</summary>
    string Key { get; set; }
}

/// <summary>Remembers the graph of a set, so that runs that differ only after it share it.</summary>
internal sealed class CachedKnn : ISharedKnn
{
    private readonly Dictionary<(string, int), KnnGraph> _graphs = [];

    /// <inheritdoc/>
    public string Key { get; set; } = "";

    public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
    {
        if (!_graphs.TryGetValue((Key, k), out var graph))
        {
            graph = new BruteForceKnnBuilder().Build(units, count, dimension, k, progress, cancellation);
            _graphs.Add((Key, k), graph);
        }

        return graph;
    }
}

/// <summary>The lists of another builder without the neighbours that do not list the row in turn.</summary>
internal sealed class MutualKnn(CachedKnn all) : ISharedKnn
{
    public string Key { get => all.Key; set => all.Key = value; }

    public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
    {
        var graph = all.Build(units, count, dimension, k, progress, cancellation);
        var rows = new int[count * k];
        var similarities = new float[count * k];
        Array.Fill(rows, -1);
        for (var i = 0; i < count; i++)
        {
            var at = i * k;
            for (var n = 0; n < k && graph.RowsOf(i)[n] >= 0; n++)
            {
                if (graph.RowsOf(graph.RowsOf(i)[n]).Contains(i))
                {
                    rows[at] = graph.RowsOf(i)[n];
                    similarities[at++] = graph.SimilaritiesOf(i)[n];
                }
            }
        }

        return new KnnGraph(count, k, rows, similarities);
    }
}
