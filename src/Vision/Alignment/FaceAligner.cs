using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Vision.Alignment;

/// <summary>Cuts an upright, equally large face out of a picture.</summary>
public static class FaceAligner
{
    /// <summary>
    /// Warps the face at <paramref name="points"/> onto <paramref name="template"/> with bilinear sampling; beyond the
    /// picture is black. A face over twice the template's size is averaged over a grid of samples per pixel, since one
    /// bilinear sample would skip source pixels.
    /// </summary>
    /// <param name="picture">The picture.</param>
    /// <param name="points">The face's five points in pixels of the picture.</param>
    /// <param name="box">The face's box: where the points coincide it is fitted to the template in their place.</param>
    /// <param name="template">Where the points shall lie.</param>
    /// <returns>The crop, which the caller disposes.</returns>
    public static PixelBuffer Align(PixelBuffer picture, FivePoints points, FaceBox box, FaceTemplate template)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(template);
        if (!SimilarityTransform.TryEstimate(points, template.Points, out var forward))
        {
            var scale = template.Size / Math.Max(box.Width, box.Height);
            var middle = template.Size / 2.0;
            forward = new SimilarityTransform(
                scale, 0, middle - (scale * (box.Left + (box.Width / 2))), middle - (scale * (box.Top + (box.Height / 2))));
        }

        var crop = PixelBuffer.Rent(template.Size, template.Size);
        Warp(picture, forward.Inverse, crop);
        return crop;
    }

    /// <summary>Fills <paramref name="crop"/> from the places of <paramref name="picture"/> that <paramref name="back"/> maps its pixels to.</summary>
    private static void Warp(PixelBuffer picture, SimilarityTransform back, PixelBuffer crop)
    {
        var samples = Math.Clamp((int)Math.Ceiling(back.Scale / 2), 1, 16);
        var step = 1.0 / samples;
        var first = (step - 1) / 2;
        var source = picture.Pixels;
        var target = crop.Pixels;
        var weight = 1f / (samples * samples);
        for (var y = 0; y < crop.Height; y++)
        {
            for (var x = 0; x < crop.Width; x++)
            {
                float red = 0, green = 0, blue = 0;
                for (var j = 0; j < samples; j++)
                {
                    for (var i = 0; i < samples; i++)
                    {
                        var (u, v) = back.Apply(x + first + (i * step), y + first + (j * step));
                        Sample(source, picture.Width, picture.Height, u, v, ref red, ref green, ref blue);
                    }
                }

                target[(y * crop.Width) + x] = 0xFF000000u
                    | ((uint)((blue * weight) + 0.5f) << 16)
                    | ((uint)((green * weight) + 0.5f) << 8)
                    | (uint)((red * weight) + 0.5f);
            }
        }
    }

    private static void Sample(ReadOnlySpan<uint> source, int width, int height, double u, double v, ref float red, ref float green, ref float blue)
    {
        // Also false for NaN; the cast below would otherwise overflow.
        if (!(u > -1 && v > -1 && u < width && v < height))
        {
            return;
        }

        var (left, top) = ((int)Math.Floor(u), (int)Math.Floor(v));
        var (fx, fy) = ((float)(u - left), (float)(v - top));
        Add(source, width, height, left, top, (1 - fx) * (1 - fy), ref red, ref green, ref blue);
        Add(source, width, height, left + 1, top, fx * (1 - fy), ref red, ref green, ref blue);
        Add(source, width, height, left, top + 1, (1 - fx) * fy, ref red, ref green, ref blue);
        Add(source, width, height, left + 1, top + 1, fx * fy, ref red, ref green, ref blue);
    }

    private static void Add(ReadOnlySpan<uint> source, int width, int height, int x, int y, float weight, ref float red, ref float green, ref float blue)
    {
        if ((uint)x < (uint)width && (uint)y < (uint)height)
        {
            var pixel = source[(y * width) + x];
            red += (pixel & 0xFF) * weight;
            green += ((pixel >> 8) & 0xFF) * weight;
            blue += ((pixel >> 16) & 0xFF) * weight;
        }
    }
}
