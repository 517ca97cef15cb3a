using System.Diagnostics;
using FaceCluster.Vision;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// Frames a second from JPEG to embeddings against the sum of the model times that the same frames need: as many
/// windows, boxes and crops as the engine ran, in bare loops over ready tensors.
/// </summary>
internal static class FrameScenario
{
    private const int Rounds = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        await using var engine = VisionEngine.Create(new VisionOptions());
        var frames = await BenchPictures.FramesAsync();
        using var counter = new RunCounter();
        var analyses = await Task.WhenAll(frames.Select(frame => engine.AnalyzeFrameAsync(frame)));
        var counts = counter.Take();
        var faces = analyses.Sum(analysis => analysis.Faces.Count);
        using var detector = BareLoop.Open("fr_detect.onnx", 8, null);
        using var landmarks = BareLoop.Open("fr_landmark.onnx", 8, null);
        using var embedder = BareLoop.Open("fr_feature.onnx", 8, null);
        var ratios = new List<double>();
        for (var round = -1; round < Rounds; round++)
        {
            var models = (Time(detector) * counts["detector"]) + (Time(landmarks) * counts["landmarks"]) + (Time(embedder) * counts["embedder"]);
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(frames.Concat(frames).Select(frame => engine.AnalyzeFrameAsync(frame)));
            var whole = Stopwatch.GetElapsedTime(start).TotalSeconds / 2;
            if (round >= 0)
            {
                ratios.Add(models / whole);
                Console.WriteLine($"vision-frames: {frames.Length / whole:0.0} frames/s ({analyses[0].Width}x{analyses[0].Height}, {faces / (double)frames.Length:0.0} faces, {counts["detector"] / (double)frames.Length:0.0} windows a frame); model time {models / frames.Length * 1000:0} ms of {whole / frames.Length * 1000:0} ms a frame");
            }
        }

        Console.WriteLine($"vision-frames: median share of model time {ratios.Order().ElementAt(Rounds / 2):0.00}");
        return 0;
    }

    /// <summary>Seconds of one picture inside a batch of eight.</summary>
    private static double Time(BareLoop loop)
    {
        const int Runs = 4;
        loop.Run();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Runs; i++)
        {
            loop.Run();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / (Runs * 8);
    }
}
