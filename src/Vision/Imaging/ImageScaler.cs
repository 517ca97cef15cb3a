using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// Resizes pictures: halved by averaging 2x2 pixels as long as they are over twice too large, then by bilinear
/// interpolation, so every source pixel counts. Own code because the decoder library's filtered scaling takes longer
/// than the detector (258 ms against 15 ms for 1920x1367 to 1280x911).
/// </summary>
public static class ImageScaler
{
    private const int FractionBits = 8;

    /// <summary>Returns a new picture of the given size; the caller disposes it.</summary>
    public static PixelBuffer Scale(PixelBuffer source, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(source);
        PixelBuffer? halved = null;
        try
        {
            while (true)
            {
                var from = halved ?? source;
                if (from.Width < 2 * width || from.Height < 2 * height)
                {
                    return Interpolate(from, width, height);
                }

                var next = Halve(from);
                halved?.Dispose();
                halved = next;
            }
        }
        finally
        {
            halved?.Dispose();
        }
    }

    private static PixelBuffer Halve(PixelBuffer source)
    {
        var target = PixelBuffer.Rent(source.Width / 2, source.Height / 2);
        var from = source.Pixels;
        var to = target.Pixels;
        for (var y = 0; y < target.Height; y++)
        {
            var above = from.Slice(2 * y * source.Width, source.Width);
            var below = from.Slice(((2 * y) + 1) * source.Width, source.Width);
            var row = to.Slice(y * target.Width, target.Width);
            for (var x = 0; x < row.Length; x++)
            {
                row[x] = Average(above[2 * x], above[(2 * x) + 1], below[2 * x], below[(2 * x) + 1]);
            }
        }

        return target;
    }

    /// <summary>The rounded mean of each byte: two bytes at a time have room for their sums in 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Average(uint a, uint b, uint c, uint d)
    {
        const uint Even = 0x00FF00FF;
        var even = (a & Even) + (b & Even) + (c & Even) + (d & Even) + 0x00020002;
        var odd = ((a >> 8) & Even) + ((b >> 8) & Even) + ((c >> 8) & Even) + ((d >> 8) & Even) + 0x00020002;
        return ((even >> 2) & Even) | (((odd >> 2) & Even) << 8);
    }

    /// <summary>Bilinear interpolation with pixel centres at half coordinates; the edges repeat.</summary>
    private static PixelBuffer Interpolate(PixelBuffer source, int width, int height)
    {
        var target = PixelBuffer.Rent(width, height);
        if (width == source.Width && height == source.Height)
        {
            source.Bytes.CopyTo(target.Bytes);
            return target;
        }

        var columns = Positions(source.Width, width);
        var rows = Positions(source.Height, height);
        for (var y = 0; y < height; y++)
        {
            var (above, below, fraction) = rows[y];
            InterpolateRow(
                source.Pixels.Slice(above * source.Width, source.Width),
                source.Pixels.Slice(below * source.Width, source.Width),
                fraction,
                columns,
                target.Pixels.Slice(y * width, width));
        }

        return target;
    }

    private static void InterpolateRow(
        ReadOnlySpan<uint> above, ReadOnlySpan<uint> below, int fraction, ReadOnlySpan<(int First, int Second, int Fraction)> columns, Span<uint> target)
    {
        var (down, up) = (Vector128.Create(fraction), Vector128.Create((1 << FractionBits) - fraction));
        var half = Vector128.Create(1 << ((2 * FractionBits) - 1));
        for (var x = 0; x < target.Length; x++)
        {
            var (first, second, across) = columns[x];
            var left = (Channels(above[first]) * up) + (Channels(below[first]) * down);
            var right = (Channels(above[second]) * up) + (Channels(below[second]) * down);
            var sum = (left * Vector128.Create((1 << FractionBits) - across)) + (right * Vector128.Create(across)) + half;
            var bytes = Vector128.Narrow(Vector128.Narrow(sum >>> (2 * FractionBits), Vector128<int>.Zero).AsUInt16(), Vector128<ushort>.Zero);
            target[x] = bytes.AsUInt32().ToScalar();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Channels(uint pixel) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte())).AsInt32();

    private static (int First, int Second, int Fraction)[] Positions(int source, int target)
    {
        var positions = new (int, int, int)[target];
        var step = (double)source / target;
        for (var i = 0; i < target; i++)
        {
            var at = Math.Clamp(((i + 0.5) * step) - 0.5, 0, source - 1);
            var first = (int)at;
            positions[i] = (first, Math.Min(first + 1, source - 1), (int)Math.Round((at - first) * (1 << FractionBits)));
        }

        return positions;
    }
}
