using System.Globalization;
using System.Text;

namespace FaceCluster.Clustering;

/// <summary>Draws a histogram as an SVG picture; several series lie over one another.</summary>
public static class HistogramSvg
{
    private const int Width = 720;
    private const int Height = 240;
    private const int Bottom = 40;

    private static readonly string[] Colours = ["#3b6ea5", "#d9822b", "#4a9a5b"];

    /// <summary>One series.</summary>
    /// <param name="values">What is counted; values outside the range fall into the outer bars.</param>
    /// <param name="from">Left end of the axis.</param>
    /// <param name="to">Right end of the axis.</param>
    /// <param name="bars">Number of bars.</param>
    /// <param name="axis">Text under the axis.</param>
    /// <param name="threshold">Where a vertical line goes, or null.</param>
    public static string Draw(IEnumerable<double> values, double from, double to, int bars, string axis, double? threshold) =>
        Draw([("", values)], from, to, bars, axis, threshold);

    /// <summary>Several series, each scaled to its own total.</summary>
    public static string Draw(
        IReadOnlyList<(string Name, IEnumerable<double> Values)> series, double from, double to, int bars, string axis, double? threshold)
    {
        ArgumentNullException.ThrowIfNull(series);
        var width = to > from ? to - from : 1;
        var shares = series.Select(s => Shares(s.Values, from, width, bars)).ToArray();
        var top = Math.Max(1e-12, shares.SelectMany(s => s).DefaultIfEmpty().Max());
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        var barWidth = (double)Width / bars;
        for (var s = 0; s < shares.Length; s++)
        {
            for (var bar = 0; bar < bars; bar++)
            {
                var height = shares[s][bar] / top * (Height - Bottom - 20);
                if (height > 0)
                {
                    svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{bar * barWidth:F1}\" y=\"{Height - Bottom - height:F1}\" width=\"{barWidth - 1:F1}\" height=\"{height:F1}\" fill=\"{Colours[s % Colours.Length]}\" fill-opacity=\"0.6\"/>");
                }
            }

            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{8 + (s * 180)}\" y=\"14\" fill=\"{Colours[s % Colours.Length]}\">{series[s].Name}</text>");
        }

        for (var tick = 0; tick <= 4; tick++)
        {
            var anchor = tick == 0 ? "start" : tick == 4 ? "end" : "middle";
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width * tick / 4}\" y=\"{Height - 22}\" text-anchor=\"{anchor}\" fill=\"#444\">{from + (width * tick / 4):0.##}</text>");
        }

        if (threshold is { } line)
        {
            var x = (line - from) / width * Width;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:F1}\" x2=\"{x:F1}\" y1=\"18\" y2=\"{Height - Bottom}\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/>");
        }

        return svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width / 2}\" y=\"{Height - 5}\" text-anchor=\"middle\" fill=\"#444\">{axis}</text></svg>").ToString();
    }

    private static double[] Shares(IEnumerable<double> values, double from, double width, int bars)
    {
        var counts = new double[bars];
        var total = 0;
        foreach (var value in values)
        {
            counts[Math.Clamp((int)((value - from) / width * bars), 0, bars - 1)]++;
            total++;
        }

        return total == 0 ? counts : [.. counts.Select(c => c / total)];
    }
}
