using System.Runtime.InteropServices;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;
using SkiaSharp;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class EmbedCommandTests
{
    [Fact]
    public async Task Embed_OfWholeImages_WritesARowPerPictureInOrder()
    {
        Models.Require();
        using var folder = new TemporaryFolder();
        string[] pictures = [.. Enumerable.Range(0, 5).Select(i => folder.Write($"pictures/{i}.png", Picture(i)))];
        var (features, names) = (Path.Combine(folder.Path, "x.f32"), Path.Combine(folder.Path, "names.txt"));

        var result = await EmbedAsync(Path.Combine(folder.Path, "pictures"), "--whole-image", "--out", features, "--names", names, "--json");
        var single = await EmbedAsync(pictures[3], "--whole-image", "--out", features + ".one", "--json");

        Assert.Equal((ExitCode.Success, ExitCode.Success), (result.ExitCode, single.ExitCode));
        Assert.Equal(5, result.Json["faces"]!.GetValue<int>());
        Assert.Equal(512, result.Json["dimension"]!.GetValue<int>());
        Assert.Equal(["0.png", "1.png", "2.png", "3.png", "4.png"], await File.ReadAllLinesAsync(names, TestContext.Current.CancellationToken));
        var rows = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(features)).ToArray();
        Assert.Equal(5 * 512, rows.Length);
        Assert.All(rows, number => Assert.True(float.IsFinite(number)));
        var alone = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(features + ".one")).ToArray();
        Assert.All(Enumerable.Range(0, 512), i => Assert.Equal(alone[i], rows[3 * 512 + i], 1e-3f));
    }

    [Fact]
    public async Task Embed_WithAPictureThatIsBroken_WritesTheRestAndNamesIt()
    {
        Models.Require();
        using var folder = new TemporaryFolder();
        folder.Write("a.png", Picture(1));
        folder.Write("b.png", Picture(2).AsSpan(0, 60));

        var result = await EmbedAsync(folder.Path, "--whole-image", "--out", Path.Combine(folder.Path, "x.f32"), "--json");

        Assert.Equal(ExitCode.Partial, result.ExitCode);
        Assert.Equal(1, result.Json["faces"]!.GetValue<int>());
        Assert.EndsWith("b.png", result.Json["refused_files"]![0]!["file"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embed_OfAPathThatIsMissing_EndsWith5()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(ExitCode.NotFound, (await EmbedAsync(Path.Combine(folder.Path, "none.jpg"), "--out", Path.Combine(folder.Path, "x.f32"))).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await EmbedAsync(folder.Path, "--out", Path.Combine(folder.Path, "x.f32"))).ExitCode);
    }

    private static Task<CliResult> EmbedAsync(params string[] arguments) => Infrastructure.Cli.RunAsync(["embed", .. arguments, "--models", Models.Folder]);

    /// <summary>Ellipses that are no face: with --whole-image the picture is taken for one all the same.</summary>
    private static byte[] Picture(int seed)
    {
        using var bitmap = new SKBitmap(160, 160);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint();
        var random = new Random(seed);
        canvas.Clear(SKColors.BurlyWood);
        for (var i = 0; i < 40; i++)
        {
            paint.Color = new SKColor((uint)random.Next() | 0xFF000000);
            canvas.DrawOval(random.Next(160), random.Next(160), random.Next(5, 40), random.Next(5, 40), paint);
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
