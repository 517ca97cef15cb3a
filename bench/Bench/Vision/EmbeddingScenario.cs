using System.Diagnostics;
using FaceCluster.Vision;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// Crops a second through the engine (decoding and queueing included) against a bare ONNX Runtime loop over ready
/// tensors on the same model form, batch and threads. The two alternate in short rounds, so that other load on the
/// machine falls on both.
/// </summary>
internal static class EmbeddingScenario
{
    private const int Batch = 32;
    private const int Rounds = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        await using var engine = VisionEngine.Create(new VisionOptions { Runtime = { MaxBatch = Batch } });
        var crops = await BenchPictures.CropsAsync(engine);
        using var bare = BareLoop.Open("fr_feature.onnx", Batch, crops.Select(BenchPictures.Values).ToArray());
        var (engineRates, bareRates) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var bareRate = Rate(6 * Batch, () =>
            {
                for (var i = 0; i < 6; i++)
                {
                    bare.Run();
                }
            });
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 6 * Batch).Select(i => engine.EmbedAlignedAsync(crops[i % crops.Length])));
            var engineRate = 6 * Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (round >= 0)
            {
                bareRates.Add(bareRate);
                engineRates.Add(engineRate);
            }
        }

        var ratio = engineRates.Zip(bareRates, (e, b) => e / b).Order().ElementAt(Rounds / 2);
        Console.WriteLine($"vision-embed: engine {Median(engineRates):0.0}/s, bare loop {Median(bareRates):0.0}/s, batch {Batch}, {Environment.ProcessorCount} threads; median ratio {ratio:0.00} (bar 0.90)");
        using var untouched = BareLoop.Open("fr_feature.onnx", 1, [BenchPictures.Values(crops[0])], untouched: true);
        Console.WriteLine($"vision-embed: bare loop on the untouched file {Rate(12, () => Repeat(12, untouched.Run)):0.0}/s");
        return ratio >= 0.9 ? 0 : 1;
    }

    private static double Rate(int pictures, Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return pictures / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Repeat(int count, Action run)
    {
        for (var i = 0; i < count; i++)
        {
            run();
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
