using System.Diagnostics;
using System.Text.Json.Serialization;

namespace FaceCluster.Index.Benchmarking;

/// <summary>
/// Appends and searches, each alone and both at once: per second of wall time, and per second of processor time of the
/// thread that did them, which does not depend on what else the machine was doing.
/// </summary>
public sealed record AppendMeasurement
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "facecluster-append-and-search";

    [JsonPropertyName("n")]
    public required int Faces { get; init; }

    [JsonPropertyName("batch")]
    public required int Batch { get; init; }

    [JsonPropertyName("appends_per_s_alone")]
    public required Rate AppendsAlone { get; init; }

    [JsonPropertyName("appends_per_s_together")]
    public required Rate AppendsTogether { get; init; }

    [JsonPropertyName("qps_alone")]
    public required Rate QueriesAlone { get; init; }

    [JsonPropertyName("qps_together")]
    public required Rate QueriesTogether { get; init; }
}

/// <summary>A throughput.</summary>
/// <param name="Wall">Per second of wall time.</param>
/// <param name="Cpu">Per second of processor time of the thread.</param>
public readonly record struct Rate([property: JsonPropertyName("wall")] double Wall, [property: JsonPropertyName("cpu")] double Cpu);

/// <summary>Shows that readers do not hold the writer up: one writer thread, one searching thread.</summary>
/// <remarks>
/// Memory that the process gets for the first time is cleared by the kernel, and on a virtual machine found by its host
/// first; on some that takes longer than all the rest of an append. So both kinds of append begin with as much memory as
/// they will need already handed out (<c>warm</c>), unless that is what should be measured.
/// </remarks>
public static class AppendBenchmark
{
    /// <summary>Starts from <paramref name="faces"/> faces; each of the three phases takes <paramref name="seconds"/>.</summary>
    public static async Task<AppendMeasurement> RunAsync(int faces, int batch, double seconds, int warmRows, CancellationToken cancellation = default)
    {
        var mixture = SphereMixture.For(faces);
        if (warmRows > 0)
        {
            WarmUp(mixture.Dimension, warmRows);
        }

        var index = new ExactIndex(mixture.Dimension);
        mixture.Fill(index, faces);

        // A view of the first faces only, so that the work of a search stays the same while rows are added.
        var view = index.Snapshot();
        const int Spare = 4096;
        var rows = mixture.Rows(faces, Spare);
        var queries = Enumerable.Range(0, batch).Select(i => (ReadOnlyMemory<float>)rows.AsMemory(i % Spare * 512, 512)).ToArray();
        await SearchAsync(0.2);
        var appendsAlone = await AppendAsync(seconds);
        var queriesAlone = await SearchAsync(seconds);
        var writing = AppendAsync(seconds);
        var queriesTogether = await SearchAsync(seconds);
        return new AppendMeasurement
        {
            Faces = faces,
            Batch = batch,
            AppendsAlone = appendsAlone,
            AppendsTogether = await writing,
            QueriesAlone = queriesAlone,
            QueriesTogether = queriesTogether,
        };

        Task<Rate> AppendAsync(double limit) => Task.Factory.StartNew(
            () =>
            {
                var (started, cpu) = (Stopwatch.GetTimestamp(), ThreadClock.Seconds);
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

                return new Rate(done / Stopwatch.GetElapsedTime(started).TotalSeconds, done / (ThreadClock.Seconds - cpu));
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        Task<Rate> SearchAsync(double limit) => Task.Factory.StartNew(
            () =>
            {
                var (started, cpu) = (Stopwatch.GetTimestamp(), ThreadClock.Seconds);
                var done = 0L;
                while (Stopwatch.GetElapsedTime(started).TotalSeconds < limit)
                {
                    _ = ExactSearch.TopAsync(view, queries, 10, null, ScanScheduling.Inline, cancellation);
                    _ = index.Snapshot();
                    done += batch;
                }

                return new Rate(done / Stopwatch.GetElapsedTime(started).TotalSeconds, done / (ThreadClock.Seconds - cpu));
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    // An index that is dropped again: its memory stays with the process where the collector keeps it (RetainVM).
    private static void WarmUp(int dimension, int rows)
    {
        Fill(dimension, rows);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Fill(int dimension, int rows)
        {
            var index = new ExactIndex(dimension);
            var unit = new float[dimension];
            unit[0] = 1;
            for (var row = 0; row < rows; row++)
            {
                index.Append(new FaceRecord(new Core.FaceId(3, (ulong)row + 1), 10), unit);
            }
        }
    }
}
