using SkiaSharp;

namespace FaceCluster.Vision.Imaging;

/// <summary>Turns a stored picture upright, as its EXIF orientation asks (EXIF 2.32, tag 0x0112).</summary>
internal static class Orientation
{
    // Tiles keep both the rows read and the rows written in the first-level cache while a picture is transposed.
    private const int Tile = 32;

    /// <summary>Returns <paramref name="stored"/> itself where it is upright; otherwise a new buffer, and disposes it.</summary>
    public static PixelBuffer Upright(PixelBuffer stored, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)
        {
            return stored;
        }

        // The stored pixel of the upright pixel (x, y) is at start + x * right + y * down.
        var (width, height) = (stored.Width, stored.Height);
        var (start, right, down, swap) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width, false),
            SKEncodedOrigin.BottomRight => ((width * height) - 1, -1, -width, false),
            SKEncodedOrigin.BottomLeft => (width * (height - 1), 1, -width, false),
            SKEncodedOrigin.LeftTop => (0, width, 1, true),
            SKEncodedOrigin.RightTop => (width * (height - 1), -width, 1, true),
            SKEncodedOrigin.RightBottom => ((width * height) - 1, -width, -1, true),
            SKEncodedOrigin.LeftBottom => (width - 1, width, -1, true),
            _ => throw new ImageRefusedException(ImageRefusal.ImageCorrupt, "The picture's EXIF orientation is not one of the eight that exist."),
        };
        var upright = swap ? PixelBuffer.Rent(height, width) : PixelBuffer.Rent(width, height);
        Copy(stored.Pixels, upright, start, right, down);
        stored.Dispose();
        return upright;
    }

    private static void Copy(ReadOnlySpan<uint> source, PixelBuffer upright, int start, int right, int down)
    {
        var target = upright.Pixels;
        for (var top = 0; top < upright.Height; top += Tile)
        {
            for (var left = 0; left < upright.Width; left += Tile)
            {
                var bottom = Math.Min(top + Tile, upright.Height);
                var end = Math.Min(left + Tile, upright.Width);
                for (var y = top; y < bottom; y++)
                {
                    for (var x = left; x < end; x++)
                    {
                        target[(y * upright.Width) + x] = source[start + (x * right) + (y * down)];
                    }
                }
            }
        }
    }
}
