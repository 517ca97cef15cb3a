using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>Cuts faces out of frames for the contact sheets.</summary>
internal static class FaceCrops
{
    /// <summary>Width and height of a crop in pixels.</summary>
    public const int Size = 112;

    /// <summary>Side of the square around a face, as a multiple of the longer side of its box.</summary>
    private const float Context = 1.35f;

    /// <summary>Writes a JPEG per face into the folder, and a small picture of the middle frame of each camera.</summary>
    /// <returns>File name of each face by its resource name.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> WriteAsync(
        IReadOnlyCollection<ClusteredFace> faces, string folder, IProgress<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var done = 0;
        await Parallel.ForEachAsync(faces.GroupBy(face => face.Frame), cancellation, async (group, token) =>
        {
            using var frame = SKImage.FromEncodedData(group.Key.Jpeg).ToRasterImage(ensurePixelData: true);
            foreach (var face in group)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, FileOf(face)), Crop(frame, face), token);
                progress.Report(Interlocked.Increment(ref done));
            }
        });
        return faces.ToDictionary(face => face.Face.Name, FileOf, StringComparer.Ordinal);
    }

    /// <summary>Writes a frame at a third of its size.</summary>
    public static async Task WriteThumbnailAsync(RenderedFrame frame, string path, CancellationToken cancellation)
    {
        using var image = SKImage.FromEncodedData(frame.Jpeg);
        var size = new SKSizeI(320, 320 * image.Height / image.Width);
        await File.WriteAllBytesAsync(path, Draw(image, SKRect.Create(image.Width, image.Height), size), cancellation);
    }

    private static string FileOf(ClusteredFace face) => $"{face.Face.Name[(face.Face.Name.LastIndexOf('/') + 1)..]}.jpg";

    private static byte[] Crop(SKImage frame, ClusteredFace face)
    {
        var box = face.Face.Box;
        var side = Math.Max(box.Width, box.Height) * Context;
        var (x, y) = (box.Left + box.Width / 2 - side / 2, box.Top + box.Height / 2 - side / 2);
        return Draw(frame, SKRect.Create(x, y, side, side), new SKSizeI(Size, Size));
    }

    private static byte[] Draw(SKImage image, SKRect source, SKSizeI size)
    {
        using var surface = SKSurface.Create(new SKImageInfo(size.Width, size.Height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        var canvas = surface.Canvas;
        canvas.Clear(new SKColor(0x22, 0x26, 0x2b));
        canvas.Scale(size.Width / source.Width, size.Height / source.Height);
        canvas.Translate(-source.Left, -source.Top);
        canvas.DrawImage(image, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var result = surface.Snapshot();
        using var data = result.Encode(SKEncodedImageFormat.Jpeg, 82);
        return data.ToArray();
    }
}
