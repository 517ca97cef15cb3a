using System.Diagnostics;
using System.Text.Json.Serialization;
using FaceCluster.Index.Graph;

namespace FaceCluster.Index.Benchmarking;

/// <summary>One line of output: the neighbour graph of one set.</summary>
public sealed record GraphMeasurement(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("n")] int Faces,
    [property: JsonPropertyName("k")] int K,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("cpu_s")] double CpuSeconds,
    [property: JsonPropertyName("peak_mb")] double PeakMegabytes);

/// <summary>Measures <see cref="KnnGraphBuilder"/> over the generated mixture.</summary>
public static class GraphBenchmark
{
    /// <summary>Builds the graph of <paramref name="faces"/> faces, each its own first neighbour.</summary>
    public static async Task<GraphMeasurement> RunAsync(int faces, int k, int threads, CancellationToken cancellation = default)
    {
        var index = new ExactIndex(512);
        SphereMixture.For(faces).Fill(index, faces);
        var options = new KnnGraphOptions { K = k, IncludeSelf = true, Scheduling = SearchBenchmark.Bounded(threads) };
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        var graph = await KnnGraphBuilder.BuildAsync(index.Snapshot(), options, cancellation);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new GraphMeasurement(
            "facecluster-knn-graph", graph.Count, k, threads, seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, PeakMemory.Megabytes);
    }
}
