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
/// |f| and |t b| are computed in double from the very codes that are stored and rounded up; |x| is at most
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

    /// <summary>Whether the vector is finite and of unit length within <see cref="UnitTolerance"/>.</summary>
    public static bool IsUnit(ReadOnlySpan<float> vector) =>
        Math.Abs(Similarity.Dot(vector, vector) - 1) <= UnitTolerance;

    /// <summary>Writes the codes of a row into its place in a tile: groups of four, one group every 64 bytes.</summary>
    /// <returns>The step and an upper bound of the length of the remainder.</returns>
    public static unsafe (float Scale, float Error) EncodeRow(ReadOnlySpan<float> unit, byte* tile)
    {
        var scale = Step(unit, RowLimit);
        var inverse = 1.0 / scale;
        var remainder = 0.0;
        for (var i = 0; i < unit.Length; i++)
        {
            var code = (int)Math.Round(unit[i] * inverse);
            var left = unit[i] - ((double)scale * code);
            remainder += left * left;
            tile[((i >> 2) << 6) + (i & 3)] = (byte)(code + RowOffset);
        }

        return (scale, Up(Math.Sqrt(remainder)));
    }

    /// <summary>Writes the signed codes of a query, at most <paramref name="limit"/> in magnitude.</summary>
    public static QueryCode EncodeQuery(ReadOnlySpan<float> unit, int limit, Span<sbyte> codes)
    {
        var scale = Step(unit, limit);
        var inverse = 1.0 / scale;
        var (remainder, length, sum) = (0.0, 0L, 0);
        for (var i = 0; i < unit.Length; i++)
        {
            var code = (int)Math.Round(unit[i] * inverse);
            var left = unit[i] - ((double)scale * code);
            remainder += left * left;
            length += code * code;
            sum += code;
            codes[i] = (sbyte)code;
        }

        var coded = Up(Math.Sqrt(length));
        var error = (Up(Math.Sqrt(remainder)) * LargestNorm) + ArithmeticSlack;
        return new QueryCode(scale, coded, Up(error), sum * RowOffset);
    }

    // The step is rounded up, so that no code exceeds the limit.
    private static float Step(ReadOnlySpan<float> vector, int limit)
    {
        var largest = 0f;
        foreach (var value in vector)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return MathF.BitIncrement((float)((double)largest / limit));
    }

    private static float Up(double value) => MathF.BitIncrement((float)(value * (1 + 1e-9)));
}

/// <summary>The constants of a coded query.</summary>
/// <param name="Scale">Value of one code step, t.</param>
/// <param name="CodeLength">Upper bound of |b|, so that t |b| bounds the coded query's length.</param>
/// <param name="Error">Upper bound of |f| |x| plus the arithmetic slack.</param>
/// <param name="Correction">What the unsigned storage of rows adds to every integer product.</param>
internal readonly record struct QueryCode(float Scale, float CodeLength, float Error, int Correction);
