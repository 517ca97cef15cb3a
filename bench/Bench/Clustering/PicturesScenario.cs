using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>Draws the pictures of docs/clustering.md from a run on real faces; distributions only, nobody's face.</summary>
internal static class PicturesScenario
{
    private const int Pairs = 400_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.WriteLine("name the folder with features.f32 and labels.meta, and the folder for the pictures");
            return 2;
        }

        var set = BenchSet.Load(arguments[0]);
        Directory.CreateDirectory(arguments[1]);
        var calibration = EmbeddingCalibration.For(set.Faces);
        var centred = new float[set.Faces.Count * set.Faces.Dimension];
        for (var i = 0; i < set.Faces.Count; i++)
        {
            calibration.Centre(set.Faces.Unit(i), set.Faces.Magnitudes[i], centred.AsSpan(i * set.Faces.Dimension, set.Faces.Dimension));
        }

        await WriteAsync("cosines-plain.svg", Cosines(set, (a, b) => FloatKernel.Dot(set.Faces.Unit(a), set.Faces.Unit(b))));
        await WriteAsync("cosines-centred.svg", Cosines(set, (a, b) => FloatKernel.Dot(
            centred.AsSpan(a * set.Faces.Dimension, set.Faces.Dimension), centred.AsSpan(b * set.Faces.Dimension, set.Faces.Dimension))));
        var result = GroupClustering.Run(set.Faces, calibration: calibration);
        await WriteAsync("join-scores.svg", HistogramSvg.Draw(
            [
                ("right joins", result.Joins.Where(j => set.Truth[j.Into] == set.Truth[j.From]).Select(j => j.Score)),
                ("wrong joins", result.Joins.Where(j => set.Truth[j.Into] != set.Truth[j.From]).Select(j => j.Score)),
            ],
            0, 12, 48, "log-odds of a join (each series scaled to its own total)", result.Options.Strictness));
        var sizes = result.Centres.ToArray().GroupBy(c => c).ToDictionary(g => g.Key, g => g.Count());
        await WriteAsync("magnitudes.svg", HistogramSvg.Draw(
            [
                ("in a cluster", Magnitudes(row => sizes[result.Centres[row]] > 1)),
                ("left alone", Magnitudes(row => sizes[result.Centres[row]] == 1)),
            ],
            1.2, 5, 50, "magnitude (each series scaled to its own total)", null));
        var (scores, names) = OverStrictness(set);
        await WriteAsync("strictness.svg", scores);
        await WriteAsync("names.svg", names);
        return 0;

        IEnumerable<double> Magnitudes(Func<int, bool> where) =>
            Enumerable.Range(0, set.Faces.Count).Where(where).Select(row => (double)set.Faces.Magnitudes[row]);

        Task WriteAsync(string name, string svg) => File.WriteAllTextAsync(Path.Combine(arguments[1], name), svg);
    }

    /// <summary>Scores, and how many faces of named identities keep their name, where the strictness is another one.</summary>
    private static (string Scores, string Names) OverStrictness(BenchSet set)
    {
        var knn = new CachedKnn();
        var before = RetentionScenario.Name(RetentionScenario.Plan([], set, GroupClustering.Run(set.Faces, knn: knn).Centres, "first"));
        var runs = Enumerable.Range(-10, 26).Select(step => GroupOptions.Default.Strictness + (step * 0.25)).Select(strictness =>
        {
            var centres = GroupClustering.Run(set.Faces, GroupOptions.Default with { Strictness = strictness }, knn: knn).Centres;
            return (
                X: strictness,
                Scores: ClusteringEvaluation.Evaluate(centres, set.Truth),
                Held: RetentionScenario.Kept(before, RetentionScenario.Plan(before, set, centres, "strictness")),
                Followed: RetentionScenario.Kept(before, RetentionScenario.Plan(before, set, centres, "strictness", NameRule.FollowEvidence)));
        }).ToArray();
        return (
            LineChart.Draw(
                [
                    ("BCubed precision", [.. runs.Select(run => (run.X, run.Scores.BCubed.Precision))]),
                    ("BCubed recall", [.. runs.Select(run => (run.X, run.Scores.BCubed.Recall))]),
                    ("BCubed F", [.. runs.Select(run => (run.X, run.Scores.BCubed.F))]),
                    ("pairwise F", [.. runs.Select(run => (run.X, run.Scores.Pairwise.F))]),
                ],
                "strictness", 0.2, GroupOptions.Default.Strictness),
            LineChart.Draw(
                [
                    ("names hold", [.. runs.Select(run => (run.X, run.Held))]),
                    ("names follow the evidence", [.. runs.Select(run => (run.X, run.Followed))]),
                ],
                "strictness; share of the faces of named identities that keep their name", 0.6, GroupOptions.Default.Strictness));
    }

    private static string Cosines(BenchSet set, Func<int, int, float> similarity)
    {
        var random = new Random(1);
        var members = Enumerable.Range(0, set.Faces.Count).GroupBy(i => set.Truth[i]).ToDictionary(g => g.Key, g => g.ToArray());
        var same = new List<double>();
        var different = new List<double>();
        for (var n = 0; n < Pairs; n++)
        {
            var a = random.Next(set.Faces.Count);
            var b = random.Next(set.Faces.Count);
            if (set.Truth[a] != set.Truth[b])
            {
                different.Add(similarity(a, b));
            }

            var own = members[set.Truth[a]];
            b = own[random.Next(own.Length)];
            if (a != b)
            {
                same.Add(similarity(a, b));
            }
        }

        return HistogramSvg.Draw([("one person", same), ("two people", different)], -0.4, 1, 70, "cosine", null);
    }
}
