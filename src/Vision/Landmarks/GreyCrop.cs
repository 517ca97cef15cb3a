using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Vision.Landmarks;

/// <summary>Cuts a box out of a picture as a grey square.</summary>
internal static class GreyCrop
{
    /// <summary>
    /// Stretches <paramref name="box"/> onto a square of <paramref name="size"/> pixels by bilinear sampling with pixel
    /// centres at half coordinates; beyond the picture its edge repeats. Luma as in ITU-R BT.601.
    /// </summary>
    /// <param name="picture">The picture.</param>
    /// <param name="box">Any box.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <param name="target">Receives size x size values 0 to 255.</param>
    public static void Sample(PixelBuffer picture, FaceBox box, int size, Span<float> target)
    {
        var (stepX, stepY) = (box.Width / size, box.Height / size);
        var pixels = picture.Pixels;
        Span<int> columns = stackalloc int[size * 2];
        Span<float> fractions = stackalloc float[size];
        for (var x = 0; x < size; x++)
        {
            (columns[2 * x], columns[(2 * x) + 1], fractions[x]) = Neighbours(box.Left + ((x + 0.5f) * stepX) - 0.5f, picture.Width);
        }

        for (var y = 0; y < size; y++)
        {
            var (above, below, fy) = Neighbours(box.Top + ((y + 0.5f) * stepY) - 0.5f, picture.Height);
            var upper = pixels.Slice(above * picture.Width, picture.Width);
            var lower = pixels.Slice(below * picture.Width, picture.Width);
            for (var x = 0; x < size; x++)
            {
                var (left, right, fx) = (columns[2 * x], columns[(2 * x) + 1], fractions[x]);
                var top = Luma(upper[left]) + (fx * (Luma(upper[right]) - Luma(upper[left])));
                var bottom = Luma(lower[left]) + (fx * (Luma(lower[right]) - Luma(lower[left])));
                target[(y * size) + x] = top + (fy * (bottom - top));
            }
        }
    }

    private static (int First, int Second, float Fraction) Neighbours(float at, int length)
    {
        var clamped = Math.Clamp(at, 0, length - 1);
        var first = (int)clamped;
        return (first, Math.Min(first + 1, length - 1), clamped - first);
    }

    private static float Luma(uint pixel) =>
        (0.299f * (pixel & 0xFF)) + (0.587f * ((pixel >> 8) & 0xFF)) + (0.114f * ((pixel >> 16) & 0xFF));
}
