using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Index;
using FaceCluster.Index.Graph;
using ClusterGraph = FaceCluster.Clustering.KnnGraph;

namespace FaceCluster.Cli.Commands;

/// <summary>The neighbour graph of the clustering tool by the index library: the same lists as a comparison of all pairs, several times faster.</summary>
internal sealed class IndexKnnBuilder : IKnnBuilder
{
    /// <inheritdoc/>
    public ClusterGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
    {
        var index = new ExactIndex(dimension);
        for (var row = 0; row < count; row++)
        {
            var unit = units.AsSpan(row * dimension, dimension);
            if (unit.IndexOfAnyExcept(0f) < 0)
            {
                // A face that is exactly the mean has no direction; the index takes unit vectors only.
                return new BruteForceKnnBuilder().Build(units, count, dimension, k, progress, cancellation);
            }

            // Equal similarities go to the smaller id there and to the higher rank, the smaller row, here.
            index.Append(new FaceRecord(new FaceId(0, (ulong)row + 1), 1), unit);
        }

        var options = new KnnGraphOptions
        {
            K = k,
            Scheduling = ScanScheduling.On(TaskScheduler.Default, Environment.ProcessorCount),
            Progress = progress is null ? null : new Relay(progress),
        };

        // The tool runs on a thread of its own, which has nothing else to do.
        var graph = KnnGraphBuilder.BuildAsync(index.Snapshot(), options, cancellation).GetAwaiter().GetResult();
        return Convert(graph, k);
    }

    /// <summary>A graph of the index library, for example from a file, in the form of the clustering library.</summary>
    public static ClusterGraph Convert(FaceCluster.Index.Graph.KnnGraph graph, int k)
    {
        var rows = new int[checked(graph.Count * k)];
        var similarities = new float[rows.Length];
        Array.Fill(rows, -1);
        for (var row = 0; row < graph.Count; row++)
        {
            graph.Neighbours(row).CopyTo(rows.AsSpan(row * k, k));
            var exact = graph.Similarities(row);
            for (var n = 0; n < exact.Length; n++)
            {
                similarities[(row * k) + n] = (float)exact[n];
            }
        }

        return new ClusterGraph(graph.Count, k, rows, similarities);
    }

    private sealed class Relay(Action<double> target) : IProgress<double>
    {
        public void Report(double value) => target(value);
    }
}
