using System.Runtime.InteropServices;
using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>Renders the frames of virtual cameras from photographs. Safe for concurrent use.</summary>
public sealed class FrameRenderer : IDisposable
{
    private readonly SKImage[] _photographs;

    /// <summary>Takes ownership of the photographs.</summary>
    public FrameRenderer(IEnumerable<SKImage> photographs) => _photographs = [.. photographs];

    /// <summary>Sizes of the photographs in pixels.</summary>
    public IReadOnlyList<SKSizeI> PhotographSizes => [.. _photographs.Select(photograph => new SKSizeI(photograph.Width, photograph.Height))];

    /// <summary>The frame as the camera would send it: a JPEG file.</summary>
    public byte[] Render(Shot shot)
    {
        using var frame = new SKBitmap(new SKImageInfo(shot.Size.Width, shot.Size.Height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(frame))
        {
            canvas.Clear(SKColors.Black);
            Draw(canvas, shot);
        }

        AddNoise(frame, shot);
        using var image = SKImage.FromBitmap(frame);
        using var data = image.Encode(SKEncodedImageFormat.Jpeg, shot.Effects.Quality);
        return data.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var photograph in _photographs)
        {
            photograph.Dispose();
        }
    }

    private void Draw(SKCanvas canvas, Shot shot)
    {
        using var paint = new SKPaint();
        using var exposure = SKColorFilter.CreateColorMatrix(Gain(shot.Effects.Exposure));
        using var blur = shot.Effects.Blur > 0.05f ? SKImageFilter.CreateBlur(shot.Effects.Blur, shot.Effects.Blur, SKShaderTileMode.Clamp) : null;
        paint.ColorFilter = exposure;
        paint.ImageFilter = blur;

        // The blur belongs to the camera, so it is applied to the finished layer and not to the zoomed photograph.
        canvas.SaveLayer(paint);
        canvas.SetMatrix(shot.Pose.ToFrame(shot.Size));
        canvas.DrawImage(_photographs[shot.Photograph], 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        canvas.Restore();
    }

    private static float[] Gain(float exposure) =>
    [
        exposure, 0, 0, 0, 0,
        0, exposure, 0, 0, 0,
        0, 0, exposure, 0, 0,
        0, 0, 0, 1, 0,
    ];

    /// <summary>Adds the same noise to the same frame every time: the state starts from the camera and frame number.</summary>
    private static void AddNoise(SKBitmap frame, Shot shot)
    {
        if (shot.Effects.Noise == 0)
        {
            return;
        }

        var range = (uint)(2 * shot.Effects.Noise + 1);
        var state = (uint)shot.Camera.Aggregate((int)shot.Sequence + 1, (hash, letter) => unchecked(hash * 31 + letter)) | 1u;
        var pixels = frame.GetPixelSpan();
        var writable = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(pixels), pixels.Length);
        for (var i = 0; i < writable.Length; i += 4)
        {
            // xorshift32 (Marsaglia, 2003): one draw brightens or darkens the three colours of a pixel together.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            var change = (int)(state % range) - shot.Effects.Noise;
            for (var colour = 0; colour < 3; colour++)
            {
                writable[i + colour] = (byte)Math.Clamp(writable[i + colour] + change, 0, 255);
            }
        }
    }
}
