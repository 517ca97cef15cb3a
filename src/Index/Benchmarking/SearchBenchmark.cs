using System.Diagnostics;
using FaceCluster.Core;

namespace FaceCluster.Index.Benchmarking;

/// <summary>Measures exact search and link scans over the generated mixture (<see cref="SphereMixture"/>).</summary>
public sealed class SearchBenchmark
{
    private const int QueryCount = 1024;

    private readonly SphereMixture _mixture;
    private readonly float[] _queries;
    private readonly ExactIndex _index;
    private readonly double _buildSeconds;

    /// <param name="faces">Faces in the index.</param>
    /// <param name="dimension">Length of the vectors.</param>
    public SearchBenchmark(int faces, int dimension = 512)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(faces, 1);
        Faces = faces;
        _mixture = SphereMixture.For(faces, dimension);
        _queries = _mixture.Rows(faces, QueryCount);
        _index = new ExactIndex(dimension);
        _buildSeconds = Fill();
    }

    /// <summary>Faces in the index.</summary>
    public int Faces { get; }

    /// <summary>The generator of faces and queries; queries are the rows after the last face.</summary>
    public SphereMixture Mixture => _mixture;

    /// <summary>The index under measurement.</summary>
    public ExactIndex Index => _index;

    /// <summary>A bounded scheduler for that many threads.</summary>
    public static ScanScheduling Bounded(int threads) =>
        ScanScheduling.On(new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler, threads);

    /// <summary>Searches in batches for about <paramref name="seconds"/>.</summary>
    public Task<SearchMeasurement> SearchAsync(
        int batch, int k, int threads, double seconds, CancellationToken cancellation = default)
    {
        var (view, scheduling) = (_index.Snapshot(), Bounded(threads));
        return MeasureAsync(
            "facecluster-exact",
            batch,
            threads,
            seconds,
            units => ExactSearch.TopAsync(view, units, k, null, scheduling, cancellation),
            cancellation);
    }

    /// <summary>Links batches of new faces against all faces, above <paramref name="threshold"/>, lists of four.</summary>
    public Task<SearchMeasurement> LinkAsync(
        int batch, double threshold, int threads, double seconds, CancellationToken cancellation = default)
    {
        var (view, scheduling) = (_index.Snapshot(), Bounded(threads));
        return MeasureAsync(
            "facecluster-link",
            batch,
            threads,
            seconds,
            units => ExactSearch.LinkAsync(
                view, [.. units.Select((unit, i) => new LinkQuery(new FaceRank(12, new FaceId(1, (ulong)i)), unit))], threshold, 4, scheduling, cancellation),
            cancellation);
    }

    /// <summary>
    /// Share of the k nearest of a plain, sequential double-precision scan that the search returns, over some queries.
    /// Equal similarities count as found whichever of them is returned.
    /// </summary>
    public async Task<double> RecallAsync(int k, int queries, int threads, CancellationToken cancellation = default)
    {
        var view = _index.Snapshot();
        var units = Enumerable.Range(0, queries).Select(Query).ToArray();
        var found = await ExactSearch.TopAsync(view, units, k, null, Bounded(threads), cancellation);
        var hits = 0;
        for (var query = 0; query < queries; query++)
        {
            var unit = units[query];
            var kth = KthBest(view, unit, Math.Min(k, view.Count), threads, cancellation);
            hits += found[query].Count(neighbour =>
            {
                var plain = Plain(unit.Span, view.Vector(neighbour.Row));
                return plain >= kth - 1e-12 && Math.Abs(plain - neighbour.Similarity) < 1e-12;
            });
        }

        return hits / (double)(queries * Math.Min(k, view.Count));
    }

    /// <summary>Writes faces and queries for other programs: <c>faces.f32</c> and <c>queries.f32</c>, raw rows.</summary>
    public void Export(string folder)
    {
        Directory.CreateDirectory(folder);
        using (var faces = File.Create(Path.Combine(folder, "faces.f32")))
        {
            _mixture.Write(faces, 0, Faces);
        }

        using var queries = File.Create(Path.Combine(folder, "queries.f32"));
        _mixture.Write(queries, Faces, QueryCount);
    }

    // Every row is compared; only the best of each thread are kept, so that the check adds nothing to the memory shown.
    private static double KthBest(IndexView view, ReadOnlyMemory<float> unit, int k, int threads, CancellationToken cancellation)
    {
        var best = new PriorityQueue<double, double>();
        var shares = (int)Math.Min(view.Count, 4L * threads);
        Parallel.For(0, shares, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, share =>
        {
            var own = new PriorityQueue<double, double>(k + 1);
            var end = (int)((long)view.Count * (share + 1) / shares);
            for (var row = (int)((long)view.Count * share / shares); row < end; row++)
            {
                Keep(own, Plain(unit.Span, view.Vector(row)));
            }

            lock (best)
            {
                foreach (var (similarity, _) in own.UnorderedItems)
                {
                    Keep(best, similarity);
                }
            }
        });
        return best.Peek();

        void Keep(PriorityQueue<double, double> kept, double similarity)
        {
            if (kept.Count < k)
            {
                kept.Enqueue(similarity, similarity);
            }
            else if (similarity > kept.Peek())
            {
                kept.EnqueueDequeue(similarity, similarity);
            }
        }
    }

    private static double Plain(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    private ReadOnlyMemory<float> Query(int number) =>
        _queries.AsMemory(number % QueryCount * _mixture.Dimension, _mixture.Dimension);

    // Generating the faces is not part of building the index.
    private double Fill()
    {
        const int Block = 1024;
        var seconds = 0.0;
        var buffer = new float[Math.Min(Block, Faces) * _mixture.Dimension];
        for (var first = 0; first < Faces; first += Block)
        {
            var count = Math.Min(Block, Faces - first);
            var rows = buffer.AsMemory(0, count * _mixture.Dimension);
            _mixture.Rows(first, rows);
            var started = Stopwatch.GetTimestamp();
            for (var row = 0; row < count; row++)
            {
                // Odd rows are of higher rank than the faces that link, even ones of lower rank.
                _index.Append(
                    new FaceRecord(new FaceId(0, (ulong)(first + row) + 1), (row & 1) == 0 ? 11 : 13),
                    rows.Span.Slice(row * _mixture.Dimension, _mixture.Dimension));
            }

            seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        return seconds;
    }

    private async Task<SearchMeasurement> MeasureAsync(
        string name, int batch, int threads, double seconds, Func<ReadOnlyMemory<float>[], Task> call, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        await call([.. Enumerable.Range(0, batch).Select(Query)]);
        var times = new List<double>();
        var next = batch;
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        while (times.Count < 2 || Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlyMemory<float>[] units = [.. Enumerable.Range(next, batch).Select(Query)];
            next += batch;
            var begin = Stopwatch.GetTimestamp();
            await call(units);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var queries = (double)times.Count * batch;
        times.Sort();
        return new SearchMeasurement
        {
            Name = name,
            Faces = Faces,
            Batch = batch,
            Threads = threads,
            QueriesPerSecond = queries / elapsed,
            P99Milliseconds = times[(int)Math.Ceiling(0.99 * times.Count) - 1],
            CpuMillisecondsPerQuery = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / queries,
            BuildSeconds = _buildSeconds,
            PeakMegabytes = PeakMemory.Megabytes,
        };
    }
}
