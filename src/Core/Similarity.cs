using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FaceCluster.Core;

/// <summary>
/// The one number that stands for the similarity of two faces: the same bits whoever computes it, single or batched,
/// on any shard and with any instruction set, and the same for (a, b) as for (b, a).
/// </summary>
/// <remarks>
/// The product of two singles has at most 48 significant bits, so it is exact in a double; only the additions round.
/// They are done in one fixed order: lane l of eight adds the products at positions l, l + 8, l + 16, ..., and the
/// lanes are then summed as ((0+4)+(2+6))+((1+5)+(3+7)). A fused multiply-add rounds once after the addition, which is
/// exactly what a separate exact product and addition do, so it may or may not be used. Fast kernels find candidates;
/// every similarity that is compared with a threshold or with another one is computed here.
/// </remarks>
public static class Similarity
{
    /// <summary>Dimensions must be a multiple of this.</summary>
    public const int LaneCount = 8;

    /// <summary>
    /// Cosine of two unit vectors (see <see cref="Normalize"/>) of equal length, a multiple of <see cref="LaneCount"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length || a.Length % LaneCount != 0)
        {
            throw new ArgumentException($"The vectors have {a.Length} and {b.Length} elements; equal multiples of {LaneCount} are needed.");
        }

        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var low = Vector256<double>.Zero;
        var high = Vector256<double>.Zero;
        for (var i = 0; i < a.Length; i += LaneCount)
        {
            var (xl, xh) = Vector256.Widen(Vector256.LoadUnsafe(ref x, (nuint)i));
            var (yl, yh) = Vector256.Widen(Vector256.LoadUnsafe(ref y, (nuint)i));
            low += xl * yl;
            high += xh * yh;
        }

        return Reduce(low, high);
    }

    /// <summary>
    /// Writes the unit vector of <paramref name="raw"/> and returns its Euclidean length, both in canonical precision:
    /// the length is the square root of <see cref="Dot"/> of the vector with itself, the elements are divided in double
    /// and rounded once to single.
    /// </summary>
    /// <returns>The magnitude, or 0, NaN or infinity where the vector cannot be normalised; then nothing is written.</returns>
    public static float Normalize(ReadOnlySpan<float> raw, Span<float> unit)
    {
        var length = Math.Sqrt(Dot(raw, raw));
        var magnitude = (float)length;
        if (!float.IsFinite(magnitude) || magnitude <= 0)
        {
            return magnitude;
        }

        if (unit.Length < raw.Length)
        {
            throw new ArgumentException($"The unit vector has {unit.Length} elements; {raw.Length} are needed.", nameof(unit));
        }

        // Division and rounding are the same operations in any width, so this is the scalar result, faster.
        var divisor = Vector256.Create(length);
        ref var source = ref MemoryMarshal.GetReference(raw);
        ref var target = ref MemoryMarshal.GetReference(unit);
        for (nuint i = 0; i < (nuint)raw.Length; i += LaneCount)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref source, i));
            Vector256.Narrow(low / divisor, high / divisor).StoreUnsafe(ref target, i);
        }

        return magnitude;
    }

    private static double Reduce(Vector256<double> low, Vector256<double> high)
    {
        var s = low + high;
        return (s[0] + s[2]) + (s[1] + s[3]);
    }
}
