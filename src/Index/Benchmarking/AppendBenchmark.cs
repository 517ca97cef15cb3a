using System.Diagnostics;
using System.Text.Json.Serialization;

namespace FaceCluster.Index.Benchmarking;

/// <summary>Appends and searches, each alone and both at once.</summary>
public sealed record AppendMeasurement(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("n")] int Faces,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("appends_per_s_alone")] double AppendsAlone,
    [property: JsonPropertyName("qps_alone")] double QueriesAlone,
    [property: JsonPropertyName("appends_per_s_together")] double AppendsTogether,
    [property: JsonPropertyName("qps_together")] double QueriesTogether);

/// <summary>Shows that readers do not hold the writer up: one writer thread, one searching thread.</summary>
public static class AppendBenchmark
{
    /// <summary>Starts from <paramref name="faces"/> faces; each of the three phases takes <paramref name="seconds"/>.</summary>
    public static async Task<AppendMeasurement> RunAsync(int faces, int batch, double seconds, CancellationToken cancellation = default)
    {
        var mixture = SphereMixture.For(faces);
        var index = new ExactIndex(mixture.Dimension);
        mixture.Fill(index, faces);
        const int Spare = 4096;
        var rows = mixture.Rows(faces, Spare);
        var queries = Enumerable.Range(0, batch).Select(i => (ReadOnlyMemory<float>)rows.AsMemory(i % Spare * 512, 512)).ToArray();
        await SearchAsync(0.2);
        var appendsAlone = await AppendAsync(seconds);
        var queriesAlone = await SearchAsync(seconds);
        var writing = AppendAsync(seconds);
        var queriesTogether = await SearchAsync(seconds);
        return new AppendMeasurement(
            "facecluster-append-and-search", faces, batch, appendsAlone, queriesAlone, await writing, queriesTogether);

        Task<double> AppendAsync(double limit) => Task.Factory.StartNew(
            () =>
            {
                var started = Stopwatch.GetTimestamp();
                var done = 0;
                while (Stopwatch.GetElapsedTime(started).TotalSeconds < limit)
                {
                    cancellation.ThrowIfCancellationRequested();
                    for (var i = 0; i < 64; i++, done++)
                    {
                        index.Append(
                            new FaceRecord(new Core.FaceId(2, (ulong)index.Count), 10), rows.AsSpan(done % Spare * mixture.Dimension, mixture.Dimension));
                    }
                }

                return done / Stopwatch.GetElapsedTime(started).TotalSeconds;
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        Task<double> SearchAsync(double limit) => Task.Factory.StartNew(
            () =>
            {
                // A view of the first faces only, so that the work of a search stays the same while rows are added.
                var started = Stopwatch.GetTimestamp();
                var done = 0L;
                var view = index.Snapshot();
                while (Stopwatch.GetElapsedTime(started).TotalSeconds < limit)
                {
                    _ = ExactSearch.TopAsync(view, queries, 10, null, ScanScheduling.Inline, cancellation);
                    _ = index.Snapshot();
                    done += batch;
                }

                return done / Stopwatch.GetElapsedTime(started).TotalSeconds;
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }
}
