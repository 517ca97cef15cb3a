using FaceCluster.Vision;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// Frames a second from JPEG to embeddings against the sum of the model times that the same frames need: as many
/// windows, boxes and crops as the engine ran, in bare loops over ready tensors.
/// </summary>
internal static class FrameScenario
{
    private const int Batch = 8;
    private const int Rounds = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        await using var engine = VisionEngine.Create(new VisionOptions());
        var frames = await BenchPictures.FramesAsync();
        using var counter = new RunCounter();
        var analyses = await Task.WhenAll(frames.Select(frame => engine.AnalyzeFrameAsync(frame)));
        var counts = counter.Take();
        using var detector = BareLoop.Open("fr_detect.onnx", Batch, null);
        using var landmarks = BareLoop.Open("fr_landmark.onnx", Batch, null);
        using var embedder = BareLoop.Open("fr_feature.onnx", Batch, null);
        var (models, whole) = (Lap.Zero, Lap.Zero);
        for (var round = 0; round < Rounds; round++)
        {
            models += (One(detector) * counts["detector"]) + (One(landmarks) * counts["landmarks"]) + (One(embedder) * counts["embedder"]);
            whole += await Lap.OfAsync(() => Task.WhenAll(frames.Select(frame => engine.AnalyzeFrameAsync(frame))));
        }

        var count = frames.Length;
        Console.WriteLine($"vision-frames: {analyses[0].Width}x{analyses[0].Height}, {counts["embedder"] / (double)count:0.0} faces and {counts["detector"] / (double)count:0.0} windows a frame");
        Console.WriteLine($"vision-frames: {count * Rounds / whole.Wall:0.0} frames/s; {whole.Cpu / Rounds / count * 1000:0} ms of processor a frame, its models alone {models.Cpu / Rounds / count * 1000:0} ms");
        Console.WriteLine($"vision-frames: share of model time {models.Wall / whole.Wall:0.00} by the clock, {models.Cpu / whole.Cpu:0.00} by the processor");
        return 0;
    }

    /// <summary>One picture inside a batch.</summary>
    private static Lap One(BareLoop loop)
    {
        loop.Run();
        return Lap.Of(() =>
        {
            for (var i = 0; i < 4; i++)
            {
                loop.Run();
            }
        }) * (1.0 / (4 * Batch));
    }
}
