using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FaceCluster.Core;

namespace FaceCluster.Index.Storage;

/// <summary>
/// Eight-bit codes of unit vectors with an error that is known, not estimated.
/// </summary>
/// <remarks>
/// <para>A row x becomes codes c in [-127, 127] with one step s per row: x = s c + e. A query q becomes codes b with step
/// t: q = t b + f. Then q.x = s t (b.c) + (t b).e + f.x, and by Cauchy-Schwarz</para>
/// <para>|q.x - s t (b.c)| &lt;= |t b| |e| + |f| |x|.</para>
/// <para>b.c is an exact integer (at most 127 * 127 * dimension, which fits 32 bits for every allowed dimension). |e|,
/// |f| and |t b| are computed from the very codes that are stored and rounded up; |x| is at most
/// <see cref="LargestNorm"/> because anything else is refused. What remains is the rounding of the few single-precision
/// operations of the pruning test on numbers below 1.1, each relative 2^-24: less than 1e-6 in all, covered by
/// <see cref="ArithmeticSlack"/>. The canonical similarity itself differs from the real product by less than 1e-12.</para>
/// </remarks>
internal static class ScalarQuantizer
{
    /// <summary>Largest code of a row.</summary>
    public const int RowLimit = 127;

    /// <summary>Added to a row's code so that it is stored as an unsigned byte.</summary>
    public const int RowOffset = 128;

    /// <summary>Vectors must have a squared length within this of one.</summary>
    public const double UnitTolerance = 1e-4;

    /// <summary>Upper bound of the length of an accepted vector.</summary>
    public const double LargestNorm = 1.0001;

    /// <summary>Covers the rounding of the single-precision pruning test and of canonical similarity.</summary>
    public const double ArithmeticSlack = 2e-6;

    private const double Inflation = 1.0002;

    /// <summary>Whether the vector is finite and of unit length within <see cref="UnitTolerance"/>.</summary>
    public static bool IsUnit(ReadOnlySpan<float> vector) =>
        Math.Abs(Similarity.Dot(vector, vector) - 1) <= UnitTolerance;

    /// <summary>Writes the codes of a row into its place in a tile: groups of four, one group every 64 bytes.</summary>
    /// <returns>The step and an upper bound of the length of the remainder.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe (float Scale, float Error) EncodeRow(ReadOnlySpan<float> unit, byte* tile)
    {
        Span<sbyte> codes = unit.Length <= 4096 ? stackalloc sbyte[unit.Length] : new sbyte[unit.Length];
        var (scale, remainder) = Encode(unit, RowLimit, codes);
        var groups = MemoryMarshal.Cast<sbyte, int>(codes);
        for (var group = 0; group < groups.Length; group++)
        {
            // Flipping the top bit of a signed byte adds the offset of 128.
            *(int*)(tile + (group * 64)) = groups[group] ^ unchecked((int)0x80808080);
        }

        return (scale, remainder);
    }

    /// <summary>Writes the signed codes of a query, at most <paramref name="limit"/> in magnitude.</summary>
    public static QueryCode EncodeQuery(ReadOnlySpan<float> unit, int limit, Span<sbyte> codes)
    {
        var (scale, remainder) = Encode(unit, limit, codes);
        var (length, sum) = (0L, 0);
        foreach (var code in codes)
        {
            length += code * code;
            sum += code;
        }

        return new QueryCode(scale, Up(Math.Sqrt(length)), Up((remainder * LargestNorm) + ArithmeticSlack), sum * RowOffset);
    }

    // The remainder of an element is one fused operation, so it is off by at most 2^-24 of itself, and a sum of squares
    // over eight lanes by less than (dimension / 8) 2^-24 of itself: 2.5e-4 at the largest dimension, of which the root
    // halves. Both are far inside the factor of Inflation; what underflows is far inside ArithmeticSlack.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Scale, float Remainder) Encode(ReadOnlySpan<float> unit, int limit, Span<sbyte> codes)
    {
        ref var source = ref MemoryMarshal.GetReference(unit);
        ref var target = ref Unsafe.As<sbyte, byte>(ref MemoryMarshal.GetReference(codes));
        var largest = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)unit.Length; i += 8)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.LoadUnsafe(ref source, i)));
        }

        // The step is rounded up, so that no code exceeds the limit.
        var scale = MathF.BitIncrement((float)((double)Largest(largest) / limit));
        var (step, inverse) = (Vector256.Create(-scale), Vector256.Create(1 / scale));
        var squares = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)unit.Length; i += 8)
        {
            var values = Vector256.LoadUnsafe(ref source, i);
            var rounded = Vector256.Round(values * inverse);
            var left = Vector256.FusedMultiplyAdd(step, rounded, values);
            squares += left * left;
            var whole = Vector256.ConvertToInt32(rounded);
            var halves = Vector128.Narrow(whole.GetLower(), whole.GetUpper());
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), Vector128.Narrow(halves, halves).AsUInt64()[0]);
        }

        return (scale, Up(Math.Sqrt(Vector256.Sum(squares)) * Inflation));
    }

    private static float Largest(Vector256<float> lanes)
    {
        var largest = lanes[0];
        for (var lane = 1; lane < 8; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        return largest;
    }

    private static float Up(double value) => MathF.BitIncrement((float)(value * (1 + 1e-9)));
}

/// <summary>The constants of a coded query.</summary>
/// <param name="Scale">Value of one code step, t.</param>
/// <param name="CodeLength">Upper bound of |b|, so that t |b| bounds the coded query's length.</param>
/// <param name="Error">Upper bound of |f| |x| plus the arithmetic slack.</param>
/// <param name="Correction">What the unsigned storage of rows adds to every integer product.</param>
internal readonly record struct QueryCode(float Scale, float CodeLength, float Error, int Correction);
