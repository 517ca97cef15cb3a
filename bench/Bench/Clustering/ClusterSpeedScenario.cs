using System.Diagnostics;
using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// Level two apart from the neighbour graph on mixtures of growing size (bar at a million faces: 20 s and 2 GB beyond the
/// vectors), and inserts into a forest of that size apart from search (bar: p99 of 5 ms).
/// </summary>
internal static class ClusterSpeedScenario
{
    private const int Inserts = 10_000;

    public static Task<int> RunAsync(string[] arguments)
    {
        int[] sizes = arguments.Length == 0 ? [10_000, 100_000, 1_000_000] : [.. arguments.Select(int.Parse)];
        var failed = 0;
        foreach (var size in sizes)
        {
            var mixture = FaceMixture.Make(size + Inserts, GroupOptions.Default.Neighbours);
            GC.Collect();
            var before = Process.GetCurrentProcess().WorkingSet64;
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            var phases = new List<(string Name, double End)>();
            var order = Enumerable.Range(0, mixture.Faces.Count).ToArray();
            var places = RowPlaces.Near(mixture.Graph);
            phases.Add(("places", clock.Elapsed.TotalSeconds));
            var codes = GroupClustering.Encode(mixture.Units, mixture.Faces.Dimension, mixture.Cosines, places);
            phases.Add(("codes", clock.Elapsed.TotalSeconds));
            var result = GroupClustering.Run(
                mixture.Faces, order, codes, places, mixture.Cosines, mixture.Graph, GroupOptions.Default, ConstraintSet.Empty, null, CancellationToken.None,
                name => phases.Add((name, clock.Elapsed.TotalSeconds)));
            var seconds = clock.Elapsed.TotalSeconds;
            var busy = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
            var grown = (Process.GetCurrentProcess().PeakWorkingSet64 - before) / 1e9;
            var scores = ClusteringEvaluation.Evaluate(result.Centres, mixture.Truth);
            Console.WriteLine($"{mixture.Faces.Count,9:N0} faces: {seconds,7:F2} s, {busy:F2} s of processor time, {seconds / mixture.Faces.Count * 1e6,6:F1} us a face, {grown:F2} GB beyond the vectors and the graph (peak), BCubed F {scores.BCubed.F:F3}");
            Console.WriteLine($"          {string.Join(", ", phases.Select((phase, n) => $"{phase.Name} {phase.End - (n == 0 ? 0 : phases[n - 1].End):F2}"))} s");
            failed |= size >= 1_000_000 && (seconds > 20 || grown > 2) ? 1 : 0;
            var p99 = Insert(mixture, size);
            Console.WriteLine($"{size,9:N0} faces: an insert into the forest p50 {p99.P50:F1} us, p99 {p99.P99:F1} us, most {p99.Most / 1000:F2} ms (apart from search)");
            failed |= p99.P99 > 5000 ? 1 : 0;
        }

        return Task.FromResult(failed);
    }

    /// <summary>Each insert applies the new face and every lower-ranked face that takes it as a candidate.</summary>
    private static (double P50, double P99, double Most) Insert(FaceMixture mixture, int size)
    {
        const double Threshold = 0.5;
        var count = mixture.Faces.Count;
        var order = Enumerable.Range(0, count).ToArray();
        new Random(5).Shuffle(order);
        var lists = new CandidateList[count];
        var reverse = new List<(int Row, double Similarity)>[count];
        for (var i = 0; i < count; i++)
        {
            reverse[i] = [];
        }

        for (var i = 0; i < count; i++)
        {
            for (var n = 0; n < mixture.Graph.K && mixture.Graph.RowsOf(i)[n] >= 0 && mixture.Graph.SimilaritiesOf(i)[n] > Threshold; n++)
            {
                var j = mixture.Graph.RowsOf(i)[n];
                reverse[Math.Min(i, j)].Add((Math.Max(i, j), mixture.Graph.SimilaritiesOf(i)[n]));
            }
        }

        var view = new ForestView(new ForestOptions(Threshold));
        var present = new bool[count];
        var times = new List<double>(Inserts);
        var higher = new List<Candidate>[count];
        for (var i = 0; i < count; i++)
        {
            foreach (var (row, similarity) in reverse[i])
            {
                (higher[row] ??= []).Add(new Candidate(mixture.Faces.Id(i), similarity));
            }
        }

        var rows = new Dictionary<FaceId, int>(count);
        for (var i = 0; i < count; i++)
        {
            rows.Add(mixture.Faces.Id(i), i);
        }

        for (var n = 0; n < count; n++)
        {
            var face = order[n];
            present[face] = true;
            foreach (var candidate in higher[face] ?? [])
            {
                if (present[rows[candidate.Id]])
                {
                    lists[face].Offer(candidate);
                }
            }

            var start = Stopwatch.GetTimestamp();
            view.Apply(mixture.Faces.Rank(face), lists[face]);
            foreach (var (row, similarity) in reverse[face])
            {
                if (present[row] && lists[row].Offer(new Candidate(mixture.Faces.Id(face), similarity)) != OfferOutcome.Unchanged)
                {
                    view.Apply(mixture.Faces.Rank(row), lists[row]);
                }
            }

            if (n >= size)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        times.Sort();
        return (times[times.Count / 2], times[(int)(times.Count * 0.99)], times[^1]);
    }
}
