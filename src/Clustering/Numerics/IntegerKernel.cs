using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FaceCluster.Clustering;

/// <summary>
/// Exact products of integer vectors. Integer sums do not depend on their order, so every instruction set gives the same
/// number; only the speed differs. Lengths are multiples of eight.
/// </summary>
internal static class IntegerKernel
{
    /// <summary>Product of two coded rows, whose lengths are at most 2^14, so that every partial sum fits 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Dot(ReadOnlySpan<short> a, ReadOnlySpan<short> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        nuint i = 0;
        long total = 0;
        if (Avx2.IsSupported)
        {
            var one = Vector256<int>.Zero;
            var two = Vector256<int>.Zero;
            for (; i + 32 <= (nuint)a.Length; i += 32)
            {
                one += Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref x, i), Vector256.LoadUnsafe(ref y, i));
                two += Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref x, i + 16), Vector256.LoadUnsafe(ref y, i + 16));
            }

            total = Vector256.Sum(one + two);
        }

        for (; i < (nuint)a.Length; i++)
        {
            total += Unsafe.Add(ref x, i) * Unsafe.Add(ref y, i);
        }

        return total;
    }

    /// <summary>Product of a sum of rows and a coded row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Dot(ReadOnlySpan<int> a, ReadOnlySpan<short> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        nuint i = 0;
        long total = 0;
        if (Avx2.IsSupported)
        {
            var even = Vector256<long>.Zero;
            var odd = Vector256<long>.Zero;
            for (; i + 8 <= (nuint)a.Length; i += 8)
            {
                var p = Vector256.LoadUnsafe(ref x, i);
                var q = Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref y, i));
                even += Avx2.Multiply(p, q);
                odd += Avx2.Multiply(Odd(p), Odd(q));
            }

            total = Vector256.Sum(even + odd);
        }

        for (; i < (nuint)a.Length; i++)
        {
            total += (long)Unsafe.Add(ref x, i) * Unsafe.Add(ref y, i);
        }

        return total;
    }

    /// <summary>Product of two sums of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Dot(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        nuint i = 0;
        long total = 0;
        if (Avx2.IsSupported)
        {
            var even = Vector256<long>.Zero;
            var odd = Vector256<long>.Zero;
            for (; i + 8 <= (nuint)a.Length; i += 8)
            {
                var p = Vector256.LoadUnsafe(ref x, i);
                var q = Vector256.LoadUnsafe(ref y, i);
                even += Avx2.Multiply(p, q);
                odd += Avx2.Multiply(Odd(p), Odd(q));
            }

            total = Vector256.Sum(even + odd);
        }

        for (; i < (nuint)a.Length; i++)
        {
            total += (long)Unsafe.Add(ref x, i) * Unsafe.Add(ref y, i);
        }

        return total;
    }

    /// <summary>Multiplies by a factor and rounds to the nearest integer, halves to even; results must fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(ReadOnlySpan<float> values, float factor, Span<short> rounded)
    {
        ref var x = ref MemoryMarshal.GetReference(values);
        ref var y = ref MemoryMarshal.GetReference(rounded);
        for (nuint i = 0; i < (nuint)values.Length; i += 8)
        {
            var whole = Vector256.ConvertToInt32(Vector256.Round(Vector256.LoadUnsafe(ref x, i) * factor));
            Vector128.Narrow(whole.GetLower(), whole.GetUpper()).StoreUnsafe(ref y, i);
        }
    }

    /// <summary>Adds a coded row to a sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<int> sum, ReadOnlySpan<short> row)
    {
        ref var x = ref MemoryMarshal.GetReference(sum);
        ref var y = ref MemoryMarshal.GetReference(row);
        for (nuint i = 0; i < (nuint)sum.Length; i += 8)
        {
            var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref y, i));
            (Vector256.LoadUnsafe(ref x, i) + Vector256.Create(low, high)).StoreUnsafe(ref x, i);
        }
    }

    /// <summary>Adds one sum to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<int> sum, ReadOnlySpan<int> other)
    {
        ref var x = ref MemoryMarshal.GetReference(sum);
        ref var y = ref MemoryMarshal.GetReference(other);
        for (nuint i = 0; i < (nuint)sum.Length; i += 8)
        {
            (Vector256.LoadUnsafe(ref x, i) + Vector256.LoadUnsafe(ref y, i)).StoreUnsafe(ref x, i);
        }
    }

    /// <summary>The odd elements in the places of the even ones, which is where the wide product looks.</summary>
    private static Vector256<int> Odd(Vector256<int> v) => Vector256.ShiftRightLogical(v.AsInt64(), 32).AsInt32();
}
