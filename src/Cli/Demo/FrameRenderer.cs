using System.Runtime.InteropServices;
using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>Renders the frames of virtual cameras from photographs. Safe for concurrent use.</summary>
public sealed class FrameRenderer : IDisposable
{
    /// <summary>Zoom below which a frame is drawn from the half-size photograph.</summary>
    private const float HalfSizeBelow = 0.6f;

    private readonly SKImage[][] _photographs;

    /// <summary>Takes ownership of the photographs.</summary>
    public FrameRenderer(IEnumerable<SKImage> photographs) => _photographs = [.. photographs.Select(Levels)];

    /// <summary>Sizes of the photographs in pixels.</summary>
    public IReadOnlyList<SKSizeI> PhotographSizes => [.. _photographs.Select(levels => new SKSizeI(levels[0].Width, levels[0].Height))];

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
        foreach (var photograph in _photographs.SelectMany(levels => levels))
        {
            photograph.Dispose();
        }
    }

    private void Draw(SKCanvas canvas, Shot shot)
    {
        var scale = shot.Size.Width / shot.Pose.Width;
        var level = scale < HalfSizeBelow ? 1 : 0;
        var gain = (byte)Math.Clamp(MathF.Round(255 * shot.Effects.Exposure), 0, 255);
        using var paint = new SKPaint();
        using var exposure = gain < 255 ? SKColorFilter.CreateLighting(new SKColor(gain, gain, gain), SKColors.Black) : null;
        using var blur = shot.Effects.Blur > 0.05f ? SKImageFilter.CreateBlur(shot.Effects.Blur, shot.Effects.Blur, SKShaderTileMode.Clamp) : null;
        paint.ColorFilter = exposure;
        if (blur is not null)
        {
            // The blur belongs to the camera, so it is applied to the finished layer and not to the zoomed photograph.
            using var layer = new SKPaint { ImageFilter = blur };
            canvas.SaveLayer(layer);
        }

        canvas.SetMatrix(shot.Pose.ToFrame(shot.Size).PreConcat(SKMatrix.CreateScale(1 << level, 1 << level)));
        canvas.DrawImage(_photographs[shot.Photograph][level], 0, 0, new SKSamplingOptions(SKFilterMode.Linear), paint);
        if (blur is not null)
        {
            canvas.Restore();
        }
    }

    /// <summary>The photograph and, for wide shots, the same at half the size: a small picture of a large one needs its average.</summary>
    private static SKImage[] Levels(SKImage photograph)
    {
        using var surface = SKSurface.Create(new SKImageInfo(photograph.Width / 2, photograph.Height / 2, SKColorType.Bgra8888, SKAlphaType.Opaque));
        surface.Canvas.Scale(0.5f * (photograph.Width / 2 * 2) / photograph.Width, 0.5f * (photograph.Height / 2 * 2) / photograph.Height);
        surface.Canvas.DrawImage(photograph, 0, 0, new SKSamplingOptions(SKFilterMode.Linear));
        return [photograph, surface.Snapshot()];
    }

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
