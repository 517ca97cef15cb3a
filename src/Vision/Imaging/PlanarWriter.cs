using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// Turns interleaved bytes into the three planes of single-precision values that a network takes:
/// value = (byte - mean) * scale, plane by plane.
/// </summary>
public sealed class PlanarWriter
{
    private readonly int[] _shifts;
    private readonly float[] _mean;
    private readonly float[] _scale;

    /// <param name="blueFirst">Whether the first plane is blue instead of red.</param>
    /// <param name="mean">One value, or one for each plane.</param>
    /// <param name="scale">One value, or one for each plane.</param>
    public PlanarWriter(bool blueFirst, ReadOnlySpan<float> mean, ReadOnlySpan<float> scale)
    {
        _shifts = blueFirst ? [16, 8, 0] : [0, 8, 16];
        _mean = [mean[0], mean[Math.Min(1, mean.Length - 1)], mean[^1]];
        _scale = [scale[0], scale[Math.Min(1, scale.Length - 1)], scale[^1]];
    }

    /// <summary>
    /// Writes one row of <paramref name="pixels"/> at <paramref name="offset"/> of each of the three planes of
    /// <paramref name="planeLength"/> values.
    /// </summary>
    public void WriteRow(ReadOnlySpan<uint> pixels, Span<float> planes, int planeLength, int offset)
    {
        for (var plane = 0; plane < 3; plane++)
        {
            WritePlane(pixels, planes.Slice((plane * planeLength) + offset, pixels.Length), _shifts[plane], _mean[plane], _scale[plane]);
        }
    }

    private static void WritePlane(ReadOnlySpan<uint> pixels, Span<float> target, int shift, float mean, float scale)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var from = ref MemoryMarshal.GetReference(pixels);
            ref var to = ref MemoryMarshal.GetReference(target);
            var (mask, means, scales) = (Vector256.Create(0xFFu), Vector256.Create(mean), Vector256.Create(scale));
            for (; i <= pixels.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
            {
                var bytes = (Vector256.LoadUnsafe(ref from, (nuint)i) >>> shift) & mask;
                ((Vector256.ConvertToSingle(bytes.AsInt32()) - means) * scales).StoreUnsafe(ref to, (nuint)i);
            }
        }

        for (; i < pixels.Length; i++)
        {
            target[i] = (((pixels[i] >> shift) & 0xFF) - mean) * scale;
        }
    }
}
