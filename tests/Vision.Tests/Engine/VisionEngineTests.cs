using System.Diagnostics.Metrics;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;
using FaceCluster.Vision.Tests.Imaging;
using FaceCluster.Vision.Tests.Models;
using SkiaSharp;
using Xunit;

namespace FaceCluster.Vision.Tests.Engine;

/// <summary>The engine over tiny models: everything but what the default models see.</summary>
public sealed class VisionEngineTests
{
    private static readonly byte[] Picture = Pictures.Quadrants(320, 240, SKEncodedImageFormat.Png);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnalyzeFrame_OneFace_GivesBoxPointsEmbeddingAndCrop()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var analysis = await engine.AnalyzeFrameAsync(Picture, new AnalyzeOptions { IncludeCrops = true }, Cancellation);
        var face = Assert.Single(analysis.Faces);
        Assert.Equal((320, 240, 0), (analysis.Width, analysis.Height, analysis.FacesOverLimit));
        Assert.Equal(128, face.Box.Left, 0.1f);
        Assert.Equal(72, face.Box.Top, 0.1f);
        Assert.Equal(64, face.Box.Width, 0.1f);
        Assert.Equal(0.95f, face.DetectionScore, 1e-4f);
        Assert.Equal(128 + (0.5f * 64), face.Points!.Value.Nose.X, 0.1f);
        Assert.Equal(TinyModels.Dimension, face.Embedding.Length);
        Assert.Equal(Math.Sqrt(face.Embedding.Sum(v => (double)v * v)), face.Magnitude, 1e-5);
        using var crop = ImageDecoder.Decode(face.CropJpeg, new ImageLimits());
        Assert.Equal((112, 112), (crop.Width, crop.Height));
    }

    [Fact]
    public async Task AnalyzeFrame_ManyConcurrent_GiveTheSameAsAlone()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        byte[][] pictures = [.. Enumerable.Range(0, 40).Select(i => Pictures.Noise(100 + i, 90, SKEncodedImageFormat.Png, i))];
        var together = await Task.WhenAll(pictures.Select(picture => engine.AnalyzeFrameAsync(picture, null, Cancellation)));
        for (var i = 0; i < pictures.Length; i++)
        {
            var alone = await engine.AnalyzeFrameAsync(pictures[i], null, Cancellation);
            Assert.Equal(alone.Faces[0].Box, together[i].Faces[0].Box);
            Assert.Equal(alone.Faces[0].Embedding, together[i].Faces[0].Embedding, (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    [Fact]
    public async Task AnalyzeFrame_TenThousandFaces_KeepsTheBestAndCountsTheRest()
    {
        // 1,200 in each of some thirty windows: over 10,000 boxes come out of the detector for one frame.
        float[][] boxes = [.. from y in Enumerable.Range(0, 30) from x in Enumerable.Range(0, 40) select (float[])[x / 40f, y / 30f, (x + 0.8f) / 40f, (y + 0.8f) / 30f]];
        using var folder = new TinyFolder(boxes: boxes);
        var options = folder.Options();
        options.Detection.MinUsablePixels = 4;
        await using var engine = VisionEngine.Create(options);
        var analysis = await engine.AnalyzeFrameAsync(Pictures.Quadrants(1920, 1080, SKEncodedImageFormat.Jpeg), null, Cancellation);
        Assert.Equal(100, analysis.Faces.Count);
        Assert.InRange(analysis.FacesOverLimit, 1_000, 20_000);
        Assert.Equal(analysis.Faces.OrderByDescending(face => face.DetectionScore), analysis.Faces);
        var fewer = await engine.AnalyzeFrameAsync(Picture, new AnalyzeOptions { MaxFaces = 7 }, Cancellation);
        Assert.Equal((7, 1193), (fewer.Faces.Count, fewer.FacesOverLimit));
    }

    [Fact]
    public async Task AnalyzeFrame_FaceOfAFewPixels_IsReportedAsTooSmall()
    {
        using var folder = new TinyFolder(boxes: [[0.1f, 0.1f, 0.3f, 0.3f], [0.6f, 0.6f, 0.625f, 0.65f]]);
        var options = folder.Options();
        options.Detection.MinUsablePixels = 10;
        await using var engine = VisionEngine.Create(options);
        var analysis = await engine.AnalyzeFrameAsync(Picture, null, Cancellation);
        Assert.InRange(Assert.Single(analysis.Faces).Box.Width, 60, 68);
        var refused = Assert.Single(analysis.Refused);
        Assert.Equal(FaceRefusal.TooSmall, refused.Reason);
        Assert.InRange(refused.Box.Width, 7, 9);
        Assert.Equal(0, analysis.FacesOverLimit);
    }

    [Fact]
    public async Task EmbedWholeImage_TakesThePictureAsTheBox()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var analysis = await engine.EmbedWholeImageAsync(Pictures.Quadrants(200, 160, SKEncodedImageFormat.Webp), null, Cancellation);
        var face = Assert.Single(analysis.Faces);
        Assert.Equal((0, 0, 200, 160), (face.Box.Left, face.Box.Top, face.Box.Width, face.Box.Height));
        Assert.Equal(100, face.Points!.Value.Nose.X, 0.1f);
    }

    [Fact]
    public async Task EmbedAligned_Crop_IsTheMeanOfItsPlanesThroughTheModel()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var face = Assert.Single((await engine.EmbedAlignedAsync(Pictures.Quadrants(112, 112, SKEncodedImageFormat.Png), null, Cancellation)).Faces);

        // Every plane is 255 in half of the pixels and 0 in the others: mean (127.5 - 127) / 128.
        var mean = 0.5 / 128;
        double[] expected = [.. Enumerable.Range(0, 8).Select(i => (0.1 * (i + 1)) + (mean * (Math.Sin(i + 1) + Math.Sin(i + 9) + Math.Sin(i + 17))))];
        Assert.Equal(expected, face.Embedding.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public async Task EmbedAligned_OtherSize_IsRefused()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var refused = await Assert.ThrowsAsync<ImageRefusedException>(() => engine.EmbedAlignedAsync(Picture, null, Cancellation));
        Assert.Equal(ImageRefusal.CropNotAligned, refused.Reason);
        Assert.Contains("320x240", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnalyzeFrame_BadPictureAmongGood_FailsAlone()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var bad = engine.AnalyzeFrameAsync("no picture at all"u8.ToArray(), null, Cancellation);
        var good = engine.AnalyzeFrameAsync(Picture, null, Cancellation);
        Assert.Equal(ImageRefusal.NotAnImage, (await Assert.ThrowsAsync<ImageRefusedException>(() => bad)).Reason);
        Assert.Single((await good).Faces);
        Assert.Equal(0, engine.Status.PicturesInFlight);
    }

    [Fact]
    public async Task AnalyzeFrame_TooManyInFlight_IsTurnedAwayWithADelayAndLeavesNoTrace()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options(options => options.MaxPicturesInFlight = 1));
        var first = engine.AnalyzeFrameAsync(Picture, null, Cancellation);
        var second = await Assert.ThrowsAsync<VisionOverloadedException>(() => engine.AnalyzeFrameAsync(Picture, null, Cancellation));
        Assert.InRange(second.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        Assert.Single((await first).Faces);
        Assert.Single((await engine.AnalyzeFrameAsync(Picture, null, Cancellation)).Faces);
    }

    [Fact]
    public async Task AnalyzeFrame_TooManyBytesInFlight_IsTurnedAway()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options(options => options.MaxBytesInFlight = Picture.Length + 1));
        var first = engine.AnalyzeFrameAsync(Picture, null, Cancellation);
        await Assert.ThrowsAsync<VisionOverloadedException>(() => engine.AnalyzeFrameAsync(Picture, null, Cancellation));
        await first;
    }

    [Fact]
    public async Task AnalyzeFrame_Cancelled_EndsAndTheEngineGoesOn()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        using var source = new CancellationTokenSource();
        var running = Enumerable.Range(0, 20).Select(_ => engine.AnalyzeFrameAsync(Picture, null, source.Token)).ToArray();
        await source.CancelAsync();
        foreach (var task in running)
        {
            var error = await Record.ExceptionAsync(() => task);
            Assert.True(error is null or OperationCanceledException, error?.ToString());
        }

        Assert.Single((await engine.AnalyzeFrameAsync(Picture, null, Cancellation)).Faces);
        Assert.Equal(0, engine.Status.PicturesInFlight);
    }

    [Fact]
    public async Task AnalyzeFrame_CalledFromAScheduler_LeavesIt()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var scheduler = new StuckScheduler();
        var start = new Task<Task<PictureAnalysis>[]>(
            () => [.. Enumerable.Range(0, 8).Select(_ => engine.AnalyzeFrameAsync(Picture, null, Cancellation))]);
        start.RunSynchronously(scheduler);
        Assert.All(await Task.WhenAll(await start), analysis => Assert.Single(analysis.Faces));
        Assert.Equal(0, scheduler.Queued);
    }

    [Fact]
    public async Task Dispose_WithPicturesInside_FinishesThem()
    {
        using var folder = new TinyFolder();
        var engine = VisionEngine.Create(folder.Options());
        var running = Enumerable.Range(0, 10).Select(_ => engine.EmbedAlignedAsync(Pictures.Quadrants(112, 112, SKEncodedImageFormat.Png), null, Cancellation)).ToArray();
        await Task.WhenAll(running);
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.EmbedAlignedAsync(Pictures.Quadrants(112, 112, SKEncodedImageFormat.Png), null, Cancellation));
    }

    [Fact]
    public async Task AnotherModel_ReplacesTheDefaultByItsManifest()
    {
        var embedder = TinyModels.Embedder();
        embedder.MetadataProps.Add(new Vision.Models.Onnx.StringStringEntryProto
        {
            Key = ModelManifest.MetadataKey,
            Value = TinyFolder.Manifest.Replace("tiny", "other", StringComparison.Ordinal).Replace("RGB", "BGR", StringComparison.Ordinal),
        });
        using var folder = new TinyFolder(embedder, manifest: null);
        await using var engine = VisionEngine.Create(folder.Options());
        Assert.Matches("^other-[0-9a-f]{12}$", engine.Model.Id);
        Assert.Equal(8, engine.Model.Dimension);

        using var bitmap = new SKBitmap(new SKImageInfo(112, 112, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(255, 127, 127));
        var face = (await engine.EmbedAlignedAsync(Pictures.Encode(bitmap, SKEncodedImageFormat.Png, 100), null, Cancellation)).Faces[0];

        // Red is the last plane: only the last row of the model's matrix counts.
        double[] expected = [.. Enumerable.Range(0, 8).Select(i => (0.1 * (i + 1)) + Math.Sin(i + 17))];
        Assert.Equal(expected, face.Embedding.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Create_ManifestContradictsTheModel_IsRefused()
    {
        using var folder = new TinyFolder(manifest: TinyFolder.Manifest.Replace("\"dimension\": 8", "\"dimension\": 16", StringComparison.Ordinal));
        Assert.Contains("dimension 16", Assert.Throws<ModelException>(() => VisionEngine.Create(folder.Options())).Message, StringComparison.Ordinal);
        using var small = new TinyFolder(TinyModels.Embedder(96));
        Assert.Contains("3x112x112", Assert.Throws<ModelException>(() => VisionEngine.Create(small.Options())).Message, StringComparison.Ordinal);
        using var bare = new TinyFolder(manifest: null);
        Assert.Contains("no manifest", Assert.Throws<ModelException>(() => VisionEngine.Create(bare.Options())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_CudaWhereMissing_IsAnErrorUnlessFallbackIsAllowed()
    {
        if (Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
        {
            Assert.Skip("This build carries the CUDA provider.");
        }

        using var folder = new TinyFolder();
        var error = Assert.Throws<ModelException>(() => VisionEngine.Create(folder.Options(options => options.Runtime.Provider = InferenceProvider.Cuda)));
        Assert.Contains("Accelerator=cuda", error.Message, StringComparison.Ordinal);
        await using var engine = VisionEngine.Create(folder.Options(options => (options.Runtime.Provider, options.Runtime.AllowCpuFallback) = (InferenceProvider.Cuda, true)));
        Assert.Equal(InferenceProvider.Cpu, engine.Status.Provider);
        Assert.Contains("Accelerator=cuda", engine.Status.FallbackReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_AnalyzedAndRefused_AreCounted()
    {
        using var folder = new TinyFolder();
        await using var engine = VisionEngine.Create(folder.Options());
        var counted = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "FaceCluster.Vision")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counted.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();
        await engine.AnalyzeFrameAsync(Picture, null, Cancellation);
        await Assert.ThrowsAsync<ImageRefusedException>(() => engine.AnalyzeFrameAsync(new byte[10], null, Cancellation));
        Assert.InRange(counted["pictures"], 1, long.MaxValue);
        Assert.InRange(counted["faces"], 1, long.MaxValue);
        Assert.InRange(counted["refused"], 1, long.MaxValue);
    }

    [Theory]
    [InlineData(nameof(VisionOptions.MaxPixelsInFlight))]
    [InlineData(nameof(RuntimeOptions.MaxBatch))]
    [InlineData("ScoreThreshold")]
    public void Create_OptionOutOfRange_NamesIt(string option)
    {
        using var folder = new TinyFolder();
        var options = folder.Options(o =>
        {
            _ = option switch
            {
                nameof(VisionOptions.MaxPixelsInFlight) => o.MaxPixelsInFlight = 5,
                nameof(RuntimeOptions.MaxBatch) => o.Runtime.MaxBatch = -1,
                _ => (long)(o.Detection.ScoreThreshold = 2),
            };
        });
        Assert.Equal(option, Assert.ThrowsAny<ArgumentException>(() => VisionEngine.Create(options)).ParamName);
    }

    /// <summary>Runs what it is asked to run at once and nothing that is queued on it later.</summary>
    private sealed class StuckScheduler : TaskScheduler
    {
        private int _queued;

        public int Queued => Volatile.Read(ref _queued);

        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) => Interlocked.Increment(ref _queued);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
    }
}
