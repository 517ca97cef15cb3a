using System.Diagnostics;
using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Inserts into a live level two of growing size, apart from search: the neighbours come from the graph of the mixture. A
/// refresh after every insert.
/// </summary>
internal static class LiveSpeedScenario
{
    // The first inserts wait for the compiler, up to 20 ms each.
    private const int WarmUp = 1000;
    private const int Inserts = 2000;

    public static Task<int> RunAsync(string[] arguments)
    {
        int[] sizes = arguments.Length == 0 ? [10_000, 100_000] : [.. arguments.Select(int.Parse)];
        foreach (var size in sizes)
        {
            var mixture = FaceMixture.Make(size + WarmUp + Inserts, GroupOptions.Default.Neighbours);
            var order = Enumerable.Range(0, mixture.Faces.Count).ToArray();
            new Random(5).Shuffle(order);
            var search = new GraphNeighbours(mixture.Graph, order);
            var live = new LiveGroups(mixture.Faces.Dimension, EmbeddingCalibration.DefaultModel.WithoutCentring(), null, search);
            var clock = Stopwatch.StartNew();
            for (var n = 0; n < size; n++)
            {
                live.Insert(mixture.Faces.Rank(order[n]), mixture.Faces.Unit(order[n]));
            }

            var filled = clock.Elapsed.TotalSeconds;
            clock.Restart();
            live.Refresh();
            Console.WriteLine($"{size,9:N0} faces: filled in {filled:F1} s, all clusters in {clock.Elapsed.TotalSeconds:F1} s");
            var times = new List<(double Milliseconds, LiveRefresh Refresh)>(Inserts);
            var (faces, replayed, attempts) = (0L, 0L, 0L);
            var (collections, paused) = (0, 0.0);
            for (var n = size; n < order.Length; n++)
            {
                if (n == size + WarmUp)
                {
                    times.Clear();
                    (faces, replayed, attempts) = (0, 0, 0);
                    (collections, paused) = (GC.CollectionCount(0), GC.GetTotalPauseDuration().TotalMilliseconds);
                }

                clock.Restart();
                live.Insert(mixture.Faces.Rank(order[n]), mixture.Faces.Unit(order[n]));
                var refresh = live.Refresh();
                times.Add((clock.Elapsed.TotalMilliseconds, refresh));
                faces += refresh.Faces;
                replayed += refresh.Replayed;
                attempts += refresh.Attempts;
            }

            (collections, paused) = (GC.CollectionCount(0) - collections, GC.GetTotalPauseDuration().TotalMilliseconds - paused);
            times.Sort((a, b) => a.Milliseconds.CompareTo(b.Milliseconds));
            var slowest = times[(Inserts * 99 / 100)..];
            Console.WriteLine(
                $"{size,9:N0} faces: an insert with its refresh p50 {times[Inserts / 2].Milliseconds:F2} ms, p99 {slowest[0].Milliseconds:F2} ms, most {times[^1].Milliseconds:F2} ms; "
                + $"{(double)faces / Inserts:F0} faces computed and {(double)replayed / Inserts:F0} replayed, {(double)attempts / Inserts:F2} attempts; "
                + $"the slowest hundredth {slowest.Average(t => t.Refresh.Faces):F0}, {slowest.Average(t => t.Refresh.Replayed):F0} and {slowest.Average(t => t.Refresh.Attempts):F2}; "
                + $"{collections} of them met a collection, {paused / Math.Max(1, collections):F0} ms each");
        }

        return Task.FromResult(0);
    }

    /// <summary>Neighbours among the present rows as the graph of the whole mixture has them, in either direction.</summary>
    private sealed class GraphNeighbours : ILiveNeighbours
    {
        private readonly List<LiveNeighbour>[] _around;
        private readonly bool[] _present;

        /// <param name="graph">Lists by row.</param>
        /// <param name="order">The row of each slot; rows are inserted in this order.</param>
        public GraphNeighbours(KnnGraph graph, int[] order)
        {
            var slots = new int[order.Length];
            for (var slot = 0; slot < order.Length; slot++)
            {
                slots[order[slot]] = slot;
            }

            _present = new bool[order.Length];
            _around = [.. Enumerable.Range(0, order.Length).Select(_ => new List<LiveNeighbour>())];
            for (var row = 0; row < order.Length; row++)
            {
                for (var n = 0; n < graph.K && graph.RowsOf(row)[n] is var other and >= 0; n++)
                {
                    _around[slots[row]].Add(new LiveNeighbour(slots[other], graph.SimilaritiesOf(row)[n]));
                    if (!graph.RowsOf(other).Contains(row))
                    {
                        _around[slots[other]].Add(new LiveNeighbour(slots[row], graph.SimilaritiesOf(row)[n]));
                    }
                }
            }
        }

        public void Add(int slot, ReadOnlySpan<float> centred) => _present[slot] = true;

        public void Remove(int slot) => _present[slot] = false;

        public void Nearest(int slot, int k, List<LiveNeighbour> found) =>
            found.AddRange(_around[slot].Where(n => _present[n.Slot]).OrderByDescending(n => n.Similarity).Take(k));

        public void AtLeast(int slot, ReadOnlySpan<double> floors, List<LiveNeighbour> found)
        {
            foreach (var neighbour in _around[slot])
            {
                if (_present[neighbour.Slot] && neighbour.Similarity >= floors[neighbour.Slot])
                {
                    found.Add(neighbour);
                }
            }
        }
    }
}
