using FaceCluster.Vision;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// Crops a second through the engine (decoding and queueing included) against a bare ONNX Runtime loop over ready
/// tensors on the same model form, batch and threads. The two alternate in short rounds, so that other load on the
/// machine falls on both.
/// </summary>
internal static class EmbeddingScenario
{
    private const double Bar = 0.9;
    private const int Rounds = 9;

    public static async Task<int> RunAsync(string[] args)
    {
        await using var engine = VisionEngine.Create(new VisionOptions());
        var batch = engine.Status.Models.Max(model => model.MaxBatch);
        var pictures = 8 * batch;
        var crops = await BenchPictures.CropsAsync(engine);
        using var bare = BareLoop.Open("fr_feature.onnx", batch, crops.Select(BenchPictures.Values).ToArray());
        bare.Run();
        var (wall, cpu) = (new List<double>(), new List<double>());
        var (ours, peer) = (Lap.Zero, Lap.Zero);
        for (var round = 0; round < Rounds; round++)
        {
            var loop = Lap.Of(() => Repeat(pictures / batch, bare.Run));
            var path = await Lap.OfAsync(() => Task.WhenAll(Enumerable.Range(0, pictures).Select(i => engine.EmbedAlignedAsync(crops[i % crops.Length]))));
            wall.Add(loop.Wall / path.Wall);
            cpu.Add(loop.Cpu / path.Cpu);
            (ours, peer) = (ours + path, peer + loop);
        }

        Console.WriteLine($"vision-embed: engine {Rounds * pictures / ours.Wall:0.0}/s and {ours.Cpu / Rounds / pictures * 1000:0.0} ms of processor a crop; bare loop {Rounds * pictures / peer.Wall:0.0}/s and {peer.Cpu / Rounds / pictures * 1000:0.0} ms; batch {batch}, {Environment.ProcessorCount} threads");
        Console.WriteLine($"vision-embed: median ratio {Median(wall):0.00} by the clock, {Median(cpu):0.00} by the processor (bar {Bar:0.00})");
        using var untouched = BareLoop.Open("fr_feature.onnx", 1, [BenchPictures.Values(crops[0])], untouched: true);
        var plain = Lap.Of(() => Repeat(10, untouched.Run));
        Console.WriteLine($"vision-embed: bare loop on the file as it comes {10 / plain.Wall:0.0}/s and {plain.Cpu * 100:0.0} ms of processor a crop");
        return Math.Max(Median(wall), Median(cpu)) >= Bar ? 0 : 1;
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
