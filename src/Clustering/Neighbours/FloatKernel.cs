using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FaceCluster.Clustering;

/// <summary>
/// Fast approximate dot products that only find candidates. Their distance from the canonical similarity of unit
/// vectors is below <see cref="Slack"/>.
/// </summary>
internal static class FloatKernel
{
    /// <summary>
    /// A safe bound of the error: n roundings of at most 2^-24 each, relative to a sum of absolute products that is at
    /// most 1 for unit vectors, is 6.2e-5 for 1,024 elements.
    /// </summary>
    public const float Slack = 1e-4f;

    /// <summary>
    /// Scores four query rows against <paramref name="rows"/> rows that lie one after another. Output: four runs of
    /// <paramref name="stride"/> floats, one per query.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreFour(
        ReadOnlySpan<float> q0, ReadOnlySpan<float> q1, ReadOnlySpan<float> q2, ReadOnlySpan<float> q3,
        ReadOnlySpan<float> block, int rows, Span<float> scores, int stride)
    {
        var dimension = q0.Length;
        ref var a = ref MemoryMarshal.GetReference(q0);
        ref var b = ref MemoryMarshal.GetReference(q1);
        ref var c = ref MemoryMarshal.GetReference(q2);
        ref var d = ref MemoryMarshal.GetReference(q3);
        var row = 0;
        for (; row + 2 <= rows; row += 2)
        {
            ref var x = ref MemoryMarshal.GetReference(block.Slice(row * dimension, dimension));
            ref var y = ref MemoryMarshal.GetReference(block.Slice((row + 1) * dimension, dimension));
            Vector256<float> ax = default, bx = default, cx = default, dx = default, ay = default, by = default, cy = default, dy = default;
            for (nuint i = 0; i < (nuint)dimension; i += 8)
            {
                var u = Vector256.LoadUnsafe(ref x, i);
                var v = Vector256.LoadUnsafe(ref y, i);
                var q = Vector256.LoadUnsafe(ref a, i);
                ax = Vector256.MultiplyAddEstimate(q, u, ax);
                ay = Vector256.MultiplyAddEstimate(q, v, ay);
                q = Vector256.LoadUnsafe(ref b, i);
                bx = Vector256.MultiplyAddEstimate(q, u, bx);
                by = Vector256.MultiplyAddEstimate(q, v, by);
                q = Vector256.LoadUnsafe(ref c, i);
                cx = Vector256.MultiplyAddEstimate(q, u, cx);
                cy = Vector256.MultiplyAddEstimate(q, v, cy);
                q = Vector256.LoadUnsafe(ref d, i);
                dx = Vector256.MultiplyAddEstimate(q, u, dx);
                dy = Vector256.MultiplyAddEstimate(q, v, dy);
            }

            scores[row] = Vector256.Sum(ax);
            scores[row + 1] = Vector256.Sum(ay);
            scores[stride + row] = Vector256.Sum(bx);
            scores[stride + row + 1] = Vector256.Sum(by);
            scores[(2 * stride) + row] = Vector256.Sum(cx);
            scores[(2 * stride) + row + 1] = Vector256.Sum(cy);
            scores[(3 * stride) + row] = Vector256.Sum(dx);
            scores[(3 * stride) + row + 1] = Vector256.Sum(dy);
        }

        if (row < rows)
        {
            var last = block.Slice(row * dimension, dimension);
            scores[row] = Dot(q0, last);
            scores[stride + row] = Dot(q1, last);
            scores[(2 * stride) + row] = Dot(q2, last);
            scores[(3 * stride) + row] = Dot(q3, last);
        }
    }

    /// <summary>One approximate dot product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref var x = ref MemoryMarshal.GetReference(left);
        ref var y = ref MemoryMarshal.GetReference(right);
        var sum = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)left.Length; i += 8)
        {
            sum = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref x, i), Vector256.LoadUnsafe(ref y, i), sum);
        }

        return Vector256.Sum(sum);
    }
}
