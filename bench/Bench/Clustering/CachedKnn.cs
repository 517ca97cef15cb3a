using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>Remembers the graph of a set, so that runs that differ only after it share it.</summary>
internal sealed class CachedKnn : IKnnBuilder
{
    private readonly Dictionary<(string, int), KnnGraph> _graphs = [];

    /// <summary>What the graph depends on besides its size: the set and its centring.</summary>
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
