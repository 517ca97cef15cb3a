using FaceCluster.Core;
using FaceCluster.Testing;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Tests.Imaging;
using SkiaSharp;
using Xunit;

namespace FaceCluster.Vision.Tests.Engine;

/// <summary>What the default models see in photographs.</summary>
public sealed class DefaultModelTests(DefaultModels models) : IClassFixture<DefaultModels>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Create_DefaultModels_RunBatchesLikeTheUntouchedFiles()
    {
        var status = models.Engine.Status;
        Assert.Equal("fr_feature-87aacdfe5751", status.ModelId);
        Assert.Equal(InferenceProvider.Cpu, status.Provider);
        Assert.Equal(512, models.Engine.Model.Dimension);
        Assert.Equal(["detector", "landmarks", "embedder"], status.Models.Select(model => model.Name));
        Assert.All(status.Models, model =>
        {
            Assert.Equal(8, model.MaxBatch);
            Assert.InRange(model.BatchDifference, 0, 1e-4);
        });
    }

    [Fact]
    public async Task AnalyzeFrame_SamplePhotographs_FindsEveryPersonOnce()
    {
        var engine = models.Engine;
        for (var number = 1; number <= 6; number++)
        {
            var analysis = await engine.AnalyzeFrameAsync(await File.ReadAllBytesAsync(DefaultModels.Sample(number), Cancellation), null, Cancellation);
            Assert.Equal(DefaultModels.People[number - 1], analysis.Faces.Count(face => face.DetectionScore > 0.9f));
            Assert.All(analysis.Faces, face => Assert.InRange(face.Magnitude, 1f, 6f));
        }
    }

    [Theory]
    [InlineData(40, 30)]
    [InlineData(941, 500)]
    [InlineData(1700, 960)]
    public async Task AnalyzeFrame_FaceOf30PixelsInFullHd_IsFound(int x, int y)
    {
        var engine = models.Engine;
        using var photograph = SKBitmap.Decode(DefaultModels.Sample(1));
        var face = (await engine.AnalyzeFrameAsync(await File.ReadAllBytesAsync(DefaultModels.Sample(1), Cancellation), null, Cancellation))
            .Faces.MaxBy(f => f.Magnitude)!;
        var scale = 30 / face.Box.Width;
        using var frame = new SKBitmap(new SKImageInfo(1920, 1080, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(frame))
        using (var image = SKImage.FromBitmap(photograph))
        {
            canvas.Clear(new SKColor(90, 100, 110));
            var margin = face.Box.Width;
            var part = new SKRect(face.Box.Left - margin, face.Box.Top - margin, face.Box.Right + margin, face.Box.Bottom + margin);
            part.Intersect(new SKRect(0, 0, photograph.Width, photograph.Height));
            var target = SKRect.Create(x - ((face.Box.Left - part.Left) * scale), y - ((face.Box.Top - part.Top) * scale), part.Width * scale, part.Height * scale);
            canvas.DrawImage(image, part, target, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }

        var analysis = await engine.AnalyzeFrameAsync(Pictures.Encode(frame, SKEncodedImageFormat.Png, 100), null, Cancellation);
        var expected = new Vision.Geometry.FaceBox(x, y, 30, face.Box.Height * scale);
        Assert.Contains(analysis.Faces, found => found.Box.IntersectionOverUnion(expected) > 0.4f);
    }

    [Fact]
    public async Task EmbedAligned_TheCropOfAFace_IsTheSameFace()
    {
        var engine = models.Engine;
        var picture = await File.ReadAllBytesAsync(DefaultModels.Sample(1), Cancellation);
        var analysis = await engine.AnalyzeFrameAsync(picture, new AnalyzeOptions { IncludeCrops = true }, Cancellation);
        foreach (var face in analysis.Faces)
        {
            var again = (await engine.EmbedAlignedAsync(face.CropJpeg, null, Cancellation)).Faces[0];
            Assert.InRange(Cosine(face.Embedding, again.Embedding), 0.97, 1.0001);
        }

        Assert.All(
            from a in analysis.Faces from b in analysis.Faces where a != b select Cosine(a.Embedding, b.Embedding),
            cosine => Assert.InRange(cosine, -1, 0.4));
    }

    [Fact]
    public async Task EmbedWholeImage_ReferencePictures_GivesTheReferenceEmbeddings()
    {
        var folder = SharedData.Path("lfw-dev");
        Assert.SkipWhen(folder is null, SharedData.SkipReason);
        const int Stride = 40;
        var engine = models.Engine;
        var names = await File.ReadAllLinesAsync(Path.Combine(folder!, "names.txt"), Cancellation);
        await using var features = File.OpenRead(Path.Combine(folder!, "features.f32"));
        var (ours, reference) = (new List<float[]>(), new List<float[]>());
        for (var row = 0; row < names.Length; row += Stride)
        {
            var picture = await File.ReadAllBytesAsync(Path.Combine(folder!, "images", names[row]), Cancellation);
            ours.Add((await engine.EmbedWholeImageAsync(picture, null, Cancellation)).Faces[0].Embedding);
            var bytes = new byte[512 * sizeof(float)];
            features.Position = (long)row * bytes.Length;
            await features.ReadExactlyAsync(bytes, Cancellation);
            reference.Add([.. Enumerable.Range(0, 512).Select(i => BitConverter.ToSingle(bytes, i * sizeof(float)))]);
        }

        var same = ours.Zip(reference, Cosine).Order().ToArray();
        Assert.InRange(same[same.Length / 2], 0.99, 1.0001);
        Assert.InRange(same[0], 0.95, 1.0001);

        // Every pair of faces must be about as similar as in the reference, or thresholds would not carry over.
        var pairs = Enumerable.Range(0, ours.Count).SelectMany(i => Enumerable.Range(0, i).Select(j => (I: i, J: j)));
        var differences = pairs.Select(pair => Math.Abs(Cosine(ours[pair.I], ours[pair.J]) - Cosine(reference[pair.I], reference[pair.J]))).Order().ToArray();
        Assert.InRange(differences[differences.Length / 2], 0, 0.01);
        Assert.InRange(differences[differences.Length * 99 / 100], 0, 0.05);
    }

    private static double Cosine(float[] a, float[] b)
    {
        var (x, y) = (new float[a.Length], new float[b.Length]);
        Similarity.Normalize(a, x);
        Similarity.Normalize(b, y);
        return Similarity.Dot(x, y);
    }
}
