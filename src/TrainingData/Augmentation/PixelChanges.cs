using System.Buffers;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Augmentation;

/// <summary>The single changes, each a function of its arguments. All keep the size and work in place.</summary>
public static class PixelChanges
{
    // Grey by ITU-R BT.601; the hue is turned in the plane of its two colour differences.
    private const float RedGrey = 0.299f;
    private const float GreenGrey = 0.587f;
    private const float BlueGrey = 0.114f;

    /// <summary>Mirrors left and right.</summary>
    public static void Flip(PixelBuffer picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        for (var y = 0; y < picture.Height; y++)
        {
            picture.Pixels.Slice(y * picture.Width, picture.Width).Reverse();
        }
    }

    /// <summary>
    /// Changes colours: hue turned in the YIQ plane, saturation around each pixel's grey, contrast around the picture's
    /// mean grey, brightness by a factor. 1, 1, 1 and 0 change nothing (but for rounding).
    /// </summary>
    public static void Recolor(PixelBuffer picture, float brightness, float contrast, float saturation, float hueDegrees)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var pixels = picture.Pixels;
        double total = 0;
        foreach (var pixel in pixels)
        {
            total += Grey(pixel & 0xFF, (pixel >> 8) & 0xFF, (pixel >> 16) & 0xFF);
        }

        var mean = (float)(total / pixels.Length);
        var (sin, cos) = MathF.SinCos(hueDegrees * MathF.PI / 180);
        foreach (ref var pixel in pixels)
        {
            float red = pixel & 0xFF, green = (pixel >> 8) & 0xFF, blue = (pixel >> 16) & 0xFF;
            var grey = Grey(red, green, blue);

            // YIQ: I and Q are rotated, Y stays (FCC NTSC coefficients).
            var i = (0.595716f * red) - (0.274453f * green) - (0.321263f * blue);
            var q = (0.211456f * red) - (0.522591f * green) + (0.311135f * blue);
            var (i2, q2) = (saturation * ((i * cos) - (q * sin)), saturation * ((i * sin) + (q * cos)));
            var y = ((grey - mean) * contrast) + mean;
            (i2, q2) = (i2 * contrast, q2 * contrast);
            red = brightness * (y + (0.9563f * i2) + (0.6210f * q2));
            green = brightness * (y - (0.2721f * i2) - (0.6474f * q2));
            blue = brightness * (y - (1.1070f * i2) + (1.7046f * q2));
            pixel = 0xFF000000u | (Byte(blue) << 16) | (Byte(green) << 8) | Byte(red);
        }
    }

    /// <summary>Blurs with a Gaussian of the given standard deviation in pixels; the border is repeated outwards.</summary>
    public static void Blur(PixelBuffer picture, float sigma)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigma);
        var radius = (int)MathF.Ceiling(3 * sigma);
        var kernel = new float[(2 * radius) + 1];
        for (var i = 0; i < kernel.Length; i++)
        {
            kernel[i] = MathF.Exp(-(i - radius) * (i - radius) / (2 * sigma * sigma));
        }

        var sum = kernel.Sum();
        for (var i = 0; i < kernel.Length; i++)
        {
            kernel[i] /= sum;
        }

        var copy = ArrayPool<uint>.Shared.Rent(picture.Width * picture.Height);
        try
        {
            var from = picture.Pixels;
            var to = copy.AsSpan(0, from.Length);
            Pass(from, to, picture.Width, picture.Height, 1, picture.Width, kernel);
            Pass(to, from, picture.Height, picture.Width, picture.Width, 1, kernel);
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(copy);
        }
    }

    private static void Pass(ReadOnlySpan<uint> from, Span<uint> to, int length, int lines, int step, int lineStep, float[] kernel)
    {
        var radius = kernel.Length / 2;
        for (var line = 0; line < lines; line++)
        {
            for (var at = 0; at < length; at++)
            {
                float red = 0, green = 0, blue = 0;
                for (var k = 0; k < kernel.Length; k++)
                {
                    var pixel = from[(line * lineStep) + (Math.Clamp(at + k - radius, 0, length - 1) * step)];
                    red += kernel[k] * (pixel & 0xFF);
                    green += kernel[k] * ((pixel >> 8) & 0xFF);
                    blue += kernel[k] * ((pixel >> 16) & 0xFF);
                }

                to[(line * lineStep) + (at * step)] = 0xFF000000u | (Byte(blue) << 16) | (Byte(green) << 8) | Byte(red);
            }
        }
    }

    private static float Grey(float red, float green, float blue) => (RedGrey * red) + (GreenGrey * green) + (BlueGrey * blue);

    private static uint Byte(float value) => (uint)Math.Clamp(value + 0.5f, 0, 255);
}
