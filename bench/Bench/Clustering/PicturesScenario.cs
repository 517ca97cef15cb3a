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
        return 0;

        IEnumerable<double> Magnitudes(Func<int, bool> where) =>
            Enumerable.Range(0, set.Faces.Count).Where(where).Select(row => (double)set.Faces.Magnitudes[row]);

        Task WriteAsync(string name, string svg) => File.WriteAllTextAsync(Path.Combine(arguments[1], name), svg);
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
