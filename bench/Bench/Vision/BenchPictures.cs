using FaceCluster.Vision;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Models;

namespace FaceCluster.Bench.Vision;

/// <summary>What the vision scenarios run on: the fetched sample photographs and the crops of their faces.</summary>
internal static class BenchPictures
{
    /// <summary>The folder of the models.</summary>
    /// <exception cref="ModelException">They were not fetched.</exception>
    public static string Models => ModelFolder.Find(null) ?? throw new ModelException("No models were found: run eng/fetch-models.sh.");

    /// <summary>The encoded sample photographs.</summary>
    public static async Task<byte[][]> FramesAsync()
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Models))!, "samples");
        return await Task.WhenAll(Directory.GetFiles(folder, "*.jpg").Order(StringComparer.Ordinal).Select(file => File.ReadAllBytesAsync(file)));
    }

    /// <summary>The aligned crops of all faces in the frames, as JPEG.</summary>
    public static async Task<byte[][]> CropsAsync(VisionEngine engine)
    {
        var crops = new List<byte[]>();
        foreach (var frame in await FramesAsync())
        {
            var analysis = await engine.AnalyzeFrameAsync(frame, new AnalyzeOptions { IncludeCrops = true });
            crops.AddRange(analysis.Faces.Select(face => face.CropJpeg!));
        }

        return [.. crops];
    }

    /// <summary>The values that an aligned crop puts into the default embedding model.</summary>
    public static float[] Values(byte[] crop)
    {
        using var pixels = ImageDecoder.Decode(crop, new ImageLimits());
        var plane = pixels.Width * pixels.Height;
        var values = new float[3 * plane];
        var bytes = pixels.Bytes;
        for (var i = 0; i < plane; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                values[(channel * plane) + i] = (bytes[(4 * i) + channel] - 127f) / 128;
            }
        }

        return values;
    }
}
