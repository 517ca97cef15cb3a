using System.Diagnostics;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Vision;
using FaceCluster.Vision.Files;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// The parity bar: embeds a folder of face crops as whole pictures and compares with reference embeddings. The folder
/// holds <c>images/</c>, <c>names.txt</c>, <c>labels.meta</c> and <c>features.f32</c>.
/// </summary>
internal static class ParityScenario
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length != 1)
        {
            Console.WriteLine("usage: vision-parity FOLDER");
            return 2;
        }

        var folder = args[0];
        var names = await File.ReadAllLinesAsync(Path.Combine(folder, "names.txt"));
        var labels = (await File.ReadAllLinesAsync(Path.Combine(folder, "labels.meta"))).Select(int.Parse).ToArray();
        var output = Path.GetTempFileName();
        try
        {
            var start = Stopwatch.GetTimestamp();
            await using (var engine = VisionEngine.Create(new VisionOptions()))
            {
                var files = names.Select(name => Path.Combine(folder, "images", name)).ToArray();
                var result = await new EmbeddingExport(engine).RunAsync(files, wholeImage: true, output, null);
                if (result.Faces != names.Length)
                {
                    Console.WriteLine($"parity: {result.Refused.Count} pictures were refused, the first: {result.Refused[0]}");
                    return 1;
                }
            }

            var elapsed = Stopwatch.GetElapsedTime(start);
            var (ours, magnitudes) = Normalize(await File.ReadAllBytesAsync(output), names.Length);
            var (reference, _) = Normalize(await File.ReadAllBytesAsync(Path.Combine(folder, "features.f32")), names.Length);
            return Print(ours, reference, magnitudes, labels, elapsed);
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static int Print(float[][] ours, float[][] reference, float[] magnitudes, int[] labels, TimeSpan elapsed)
    {
        var cosines = ours.Zip(reference, (a, b) => Similarity.Dot(a, b)).Order().ToArray();
        Array.Sort(magnitudes);
        Console.WriteLine($"parity: {ours.Length} pictures in {elapsed.TotalSeconds:0.0} s ({ours.Length / elapsed.TotalSeconds:0} a second)");
        Console.WriteLine($"parity: cosine with the reference: median {cosines[cosines.Length / 2]:0.0000}, 1 % {cosines[cosines.Length / 100]:0.0000}, least {cosines[0]:0.0000}");
        Console.WriteLine("parity: magnitude quantiles: " + string.Join(", ", new[] { 0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1 }
            .Select(share => $"{share:0.##} {magnitudes[(int)Math.Round(share * (magnitudes.Length - 1))]:0.000}")));
        var expected = VerificationCurve.Compute(reference, labels, 1e-3, 1e-4);
        var measured = VerificationCurve.Compute(ours, labels, 1e-3, 1e-4);
        foreach (var (theirs, own) in expected.Zip(measured))
        {
            Console.WriteLine($"parity: TAR at FAR {own.Far:0e+0}: {own.Tar:0.0000} at {own.Threshold:0.0000} (reference {theirs.Tar:0.0000} at {theirs.Threshold:0.0000})");
        }

        var met = cosines[cosines.Length / 2] >= 0.98 && Math.Abs(measured[0].Tar - 0.975) <= 0.003 && Math.Abs(measured[1].Tar - 0.951) <= 0.005;
        Console.WriteLine($"parity: bar {(met ? "met" : "MISSED")}");
        return met ? 0 : 1;
    }

    private static (float[][] Unit, float[] Magnitudes) Normalize(byte[] bytes, int rows)
    {
        var values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        var dimension = values.Length / rows;
        var magnitudes = new float[rows];
        var unit = new float[rows][];
        for (var i = 0; i < rows; i++)
        {
            unit[i] = new float[dimension];
            magnitudes[i] = Similarity.Normalize(values.AsSpan(i * dimension, dimension), unit[i]);
        }

        return (unit, magnitudes);
    }
}
