namespace FaceCluster.Clustering;

/// <summary>
/// Logarithm and exponential from additions, multiplications and divisions in one fixed order, so that every platform
/// gives the same bits. The functions of <see cref="Math"/> are those of the platform's C library, whose last bit differs.
/// </summary>
/// <remarks>
/// ln(2^e m) = e ln 2 + ln c + ln(1 + (m - c) / c), where c is the middle of the 64th part of [1, 2) that m lies in. The
/// logarithms of the middles come from the series 2 (s + s^3/3 + s^5/5 + ...), s = (c - 1) / (c + 1). The error is below
/// 1e-14 relative to values of 1 and more, which is far finer than a decision needs; equality of platforms is what counts.
/// </remarks>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309;
    private const int Parts = 64;

    private static readonly double[] Reciprocals = [0, .. Enumerable.Range(1, 13).Select(n => 1.0 / n)];
    private static readonly double[] Middles = [.. Enumerable.Range(0, Parts).Select(Middle)];
    private static readonly double[] Inverses = [.. Enumerable.Range(0, Parts).Select(part => 1 / Middle(part))];
    private static readonly double[] Logarithms = [.. Enumerable.Range(0, Parts).Select(part => Series(Middle(part)))];

    /// <summary>Natural logarithm of a normal positive number.</summary>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        if (exponent is < -1022 or > 1023)
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "The logarithm needs a normal positive number.");
        }

        var part = (int)(bits >> 46) & (Parts - 1);
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        var r = (mantissa - Middles[part]) * Inverses[part];

        // |r| < 1/128, so the eighth power is below 2e-17.
        var tail = r * (1 - (r * ((1.0 / 2) - (r * ((1.0 / 3) - (r * ((1.0 / 4) - (r * ((1.0 / 5) - (r * ((1.0 / 6) - (r * (1.0 / 7)))))))))))));
        return (exponent * Ln2) + (Logarithms[part] + tail);
    }

    /// <summary>e to the power of x; 0 below -700 and the value at 700 above it.</summary>
    public static double Exp(double x)
    {
        if (x < -700)
        {
            return 0;
        }

        x = Math.Min(x, 700);
        var power = Math.Floor((x / Ln2) + 0.5);
        var r = x - (power * Ln2);
        var sum = 1.0;
        for (var n = 13; n >= 1; n--)
        {
            sum = 1 + (r * sum * Reciprocals[n]);
        }

        return sum * BitConverter.Int64BitsToDouble(((long)power + 1023) << 52);
    }

    private static double Middle(int part) => 1 + ((part + 0.5) / Parts);

    private static double Series(double c)
    {
        var s = (c - 1) / (c + 1);
        var sum = 0.0;
        for (var n = 41; n >= 1; n -= 2)
        {
            sum = (sum * s * s) + (1.0 / n);
        }

        return 2 * s * sum;
    }
}
