namespace FaceCluster.Vision.Models;

/// <summary>
/// How the magnitude of a model's raw embeddings is distributed over real faces. It turns a magnitude, whose unit
/// differs from model to model, into a share of faces: 0.05 means "better than 5 % of ordinary faces".
/// </summary>
public sealed class MagnitudeQuantiles
{
    private readonly double[] _shares;
    private readonly double[] _magnitudes;

    /// <param name="quantiles">Pairs of a share 0 to 1 and a magnitude, both strictly ascending, at least two.</param>
    /// <exception cref="ArgumentException">The pairs are not such a table.</exception>
    public MagnitudeQuantiles(IEnumerable<KeyValuePair<double, double>> quantiles)
    {
        var ordered = quantiles.OrderBy(pair => pair.Key).ToArray();
        _shares = [.. ordered.Select(pair => pair.Key)];
        _magnitudes = [.. ordered.Select(pair => pair.Value)];
        if (ordered.Length < 2 || _shares[0] < 0 || _shares[^1] > 1)
        {
            throw new ArgumentException("Magnitude quantiles need at least two shares between 0 and 1.", nameof(quantiles));
        }

        for (var i = 1; i < ordered.Length; i++)
        {
            if (!(_shares[i] > _shares[i - 1] && _magnitudes[i] > _magnitudes[i - 1]))
            {
                throw new ArgumentException("Magnitude quantiles must ascend strictly.", nameof(quantiles));
            }
        }
    }

    /// <summary>The share of faces whose magnitude is below <paramref name="magnitude"/>, 0 to 1, linear between the quantiles.</summary>
    public double ShareBelow(double magnitude) => Interpolate(_magnitudes, _shares, magnitude);

    /// <summary>The magnitude that the share <paramref name="share"/> (0 to 1) of faces stays below.</summary>
    public double MagnitudeAt(double share) => Interpolate(_shares, _magnitudes, share);

    private static double Interpolate(double[] from, double[] to, double value)
    {
        var at = Array.BinarySearch(from, value);
        if (at >= 0)
        {
            return to[at];
        }

        var next = ~at;
        if (next == 0)
        {
            return to[0];
        }

        return next == from.Length
            ? to[^1]
            : to[next - 1] + ((to[next] - to[next - 1]) * (value - from[next - 1]) / (from[next] - from[next - 1]));
    }
}
