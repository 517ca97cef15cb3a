using System.Globalization;
using System.Text;

namespace FaceCluster.Evaluation.Report;

/// <summary>Plots of one series as SVG.</summary>
public static class Plot
{
    private const int Width = 720;
    private const int Height = 320;
    private const int Left = 60;
    private const int Bottom = 44;
    private const int Edge = 12;

    /// <summary>A cloud of points.</summary>
    public static string Points(IReadOnlyList<(double X, double Y)> points, string xAxis, string yAxis)
    {
        var frame = new Frame(points, xAxis, yAxis);
        foreach (var (x, y) in points)
        {
            frame.Svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{frame.X(x):0.#}\" cy=\"{frame.Y(y):0.#}\" r=\"1.6\" fill=\"#3b6ea5\" fill-opacity=\"0.35\"/>");
        }

        return frame.Finish();
    }

    /// <summary>Points joined by a line, in their order.</summary>
    public static string Line(IReadOnlyList<(double X, double Y)> points, string xAxis, string yAxis)
    {
        var frame = new Frame([.. points, (points.Count > 0 ? points[0].X : 0, 0)], xAxis, yAxis);
        frame.Svg.Append("<polyline fill=\"none\" stroke=\"#3b6ea5\" stroke-width=\"2\" points=\"");
        foreach (var (x, y) in points)
        {
            frame.Svg.Append(CultureInfo.InvariantCulture, $"{frame.X(x):0.#},{frame.Y(y):0.#} ");
        }

        frame.Svg.Append("\"/>");
        return frame.Finish();
    }

    private sealed class Frame
    {
        private readonly double _left;
        private readonly double _right;
        private readonly double _low;
        private readonly double _high;

        public Frame(IReadOnlyList<(double X, double Y)> points, string xAxis, string yAxis)
        {
            (_left, _right) = Range(points.Select(point => point.X));
            (_low, _high) = Range(points.Select(point => point.Y));
            Svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
            for (var tick = 0; tick <= 4; tick++)
            {
                var (x, y) = (_left + ((_right - _left) * tick / 4), _low + ((_high - _low) * tick / 4));
                Svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(x):0.#}\" y=\"{Height - 26}\" text-anchor=\"middle\" fill=\"#444\">{x:0.###}</text>");
                Svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\" fill=\"#444\">{y:0.####}</text>");
                Svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Edge}\" y1=\"{Y(y):0.#}\" y2=\"{Y(y):0.#}\" stroke=\"#eee\"/>");
            }

            Svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\" fill=\"#444\">{xAxis}</text>");
            Svg.Append(CultureInfo.InvariantCulture, $"<text x=\"14\" y=\"{Height / 2}\" text-anchor=\"middle\" fill=\"#444\" transform=\"rotate(-90 14 {Height / 2})\">{yAxis}</text>");
        }

        public StringBuilder Svg { get; } = new();

        public double X(double value) => Left + ((value - _left) / (_right - _left) * (Width - Left - Edge));

        public double Y(double value) => Height - Bottom - ((value - _low) / (_high - _low) * (Height - Bottom - Edge));

        public string Finish() => Svg.Append("</svg>").ToString();

        private static (double Low, double High) Range(IEnumerable<double> values)
        {
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            foreach (var value in values)
            {
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }

            return high > low ? (low, high) : double.IsFinite(low) ? (low - 1, low + 1) : (0, 1);
        }
    }
}
