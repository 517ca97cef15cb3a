using FaceCluster.Vision.Files;
using FaceCluster.Vision.Tests.Imaging;
using FaceCluster.Vision.Tests.Models;
using SkiaSharp;
using Xunit;

namespace FaceCluster.Vision.Tests.Engine;

public sealed class EmbeddingExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("facecluster-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_FolderWithABadFile_WritesARowPerFaceInOrderAndNamesTheBadOne(bool wholeImage)
    {
        for (var i = 0; i < 5; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, $"{i}.png"), Pictures.Noise(60, 50, SKEncodedImageFormat.Png, i), Cancellation);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "2b.jpg"), "no picture", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder, "notes.md"), "not looked at", Cancellation);
        using var models = new TinyFolder();
        await using var engine = VisionEngine.Create(models.Options());
        string[] files = [.. PictureFiles.Expand([_folder])];
        var (rows, names) = (Path.Combine(_folder, "x.f32"), Path.Combine(_folder, "x.names"));
        var last = default(EmbeddingExportProgress);
        var result = await new EmbeddingExport(engine).RunAsync(files, wholeImage, rows, names, new Reporter(p => last = p), Cancellation);

        Assert.Equal((6, 5), (result.Pictures, result.Faces));
        Assert.Equal("NotAnImage", Assert.Single(result.Refused).Reason);
        Assert.Equal(new EmbeddingExportProgress(6, 6, 5, 1), last);
        string[] expectedNames = ["0.png", "1.png", "2.png", "3.png", "4.png"];
        Assert.Equal(wholeImage ? expectedNames : expectedNames.Select(name => name + "#0"), await File.ReadAllLinesAsync(names, Cancellation));
        var bytes = await File.ReadAllBytesAsync(rows, Cancellation);
        Assert.Equal(5 * TinyModels.Dimension * sizeof(float), bytes.Length);
        for (var i = 0; i < 5; i++)
        {
            var picture = await File.ReadAllBytesAsync(Path.Combine(_folder, expectedNames[i]), Cancellation);
            var analysis = wholeImage ? await engine.EmbedWholeImageAsync(picture, null, Cancellation) : await engine.AnalyzeFrameAsync(picture, null, Cancellation);
            Assert.Equal(
                analysis.Faces[0].Embedding,
                Enumerable.Range(0, TinyModels.Dimension).Select(d => BitConverter.ToSingle(bytes, ((i * TinyModels.Dimension) + d) * sizeof(float))),
                (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    [Fact]
    public void Expand_ListAndFile_KeepsTheirOrder()
    {
        var list = Path.Combine(_folder, "list.txt");
        File.WriteAllLines(list, ["b.jpg", "", "a.jpg"]);
        var single = Path.Combine(_folder, "c");
        File.WriteAllText(single, "");
        Assert.Equal(["b.jpg", "a.jpg", "c"], PictureFiles.Expand([list, single]).Select(Path.GetFileName));
        Assert.Throws<FileNotFoundException>(() => PictureFiles.Expand([Path.Combine(_folder, "none")]).ToArray());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Reporter(Action<EmbeddingExportProgress> report) : IProgress<EmbeddingExportProgress>
    {
        public void Report(EmbeddingExportProgress value) => report(value);
    }
}
