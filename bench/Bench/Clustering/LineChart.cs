using System.Globalization;
using System.Text;

namespace FaceCluster.Bench.Clustering;

/// <summary>Draws curves over one axis as an SVG picture, in the manner of the histograms.</summary>
internal static class LineChart
{
    private const int Width = 720;
    private const int Height = 280;
    private const int Left = 48;
    private const int Bottom = 40;
    private const int Top = 24;

    private static readonly string[] Colours = ["#3b6ea5", "#d9822b", "#4a9a5b", "#8a5aa8"];

    /// <summary>The curves.</summary>
    /// <param name="curves">Name and points of each, by x.</param>
    /// <param name="axis">Text under the axis.</param>
    /// <param name="bottom">Lower end of the y axis; its upper end is 1.</param>
    /// <param name="line">Where a vertical line goes.</param>
    public static string Draw(IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> curves, string axis, double bottom, double line)
    {
        var from = curves.Min(curve => curve.Points.Min(point => point.X));
        var to = curves.Max(curve => curve.Points.Max(point => point.X));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        for (var tick = 0; tick <= 4; tick++)
        {
            var y = bottom + ((1 - bottom) * tick / 4);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width}\" y1=\"{Y(y):F1}\" y2=\"{Y(y):F1}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{Y(y) + 4:F1}\" text-anchor=\"end\" fill=\"#444\">{y:0.##}</text>");
            var x = from + ((to - from) * tick / 4);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(x):F1}\" y=\"{Height - 22}\" text-anchor=\"{(tick == 4 ? "end" : "middle")}\" fill=\"#444\">{x:0.##}</text>");
        }

        for (var c = 0; c < curves.Count; c++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{Colours[c]}\" stroke-width=\"2\" points=\"");
            svg.AppendJoin(' ', curves[c].Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(Math.Max(point.Y, bottom)):F1}")));
            svg.Append(CultureInfo.InvariantCulture, $"\"/><text x=\"{Left + 4 + (c * 165)}\" y=\"14\" fill=\"{Colours[c]}\">{curves[c].Name}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(line):F1}\" x2=\"{X(line):F1}\" y1=\"{Top}\" y2=\"{Height - Bottom}\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/>");
        return svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width / 2}\" y=\"{Height - 5}\" text-anchor=\"middle\" fill=\"#444\">{axis}</text></svg>").ToString();

        double X(double x) => Left + ((x - from) / (to - from) * (Width - Left - 8));

        double Y(double y) => Height - Bottom - ((y - bottom) / (1 - bottom) * (Height - Bottom - Top));
    }
}
