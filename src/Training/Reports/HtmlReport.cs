using System.Globalization;
using System.Net;
using System.Text;

namespace FaceCluster.Training.Reports;

/// <summary>One page with a curve for every reported scalar, the last values, the events and the configuration; no script, no other file.</summary>
public static class HtmlReport
{
    private const int Width = 460;
    private const int Height = 200;
    private const int Left = 62;
    private const int Bottom = 24;
    private const int MaxPoints = 600;

    private const string Style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1000px;padding:0 1rem;color:#1c2733}
        h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
        .curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(460px,1fr));gap:1rem}
        figure{margin:0;border:1px solid #d8dee6;border-radius:6px;padding:.5rem}
        figcaption{font-weight:600}svg{width:100%;height:auto}
        table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}
        pre{background:#f4f6f9;padding:.8rem;border-radius:6px;overflow:auto}
        """;

    /// <summary>Writes the page beside its place and moves it there.</summary>
    public static void Write(string path, string title, string configuration, IReadOnlyList<RunLog.MetricLine> lines, IReadOnlyList<string> events)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>").Append(WebUtility.HtmlEncode(title)).Append("</title><style>").Append(Style).Append("</style><h1>")
            .Append(WebUtility.HtmlEncode(title)).Append("</h1>");
        if (lines.Count > 0)
        {
            var last = lines[^1];
            html.Append(CultureInfo.InvariantCulture, $"<p>Step {last.Step}, epoch {last.Epoch:0.##}.</p><div class=\"curves\">");
            foreach (var name in lines.SelectMany(line => line.Values.Keys).Distinct().ToArray())
            {
                Curve(html, name, [.. lines.Where(line => line.Values.TryGetValue(name, out var value) && double.IsFinite(value)).Select(line => (line.Step, line.Values[name]))]);
            }

            html.Append("</div><h2>Last values</h2><table>");
            foreach (var (name, value) in last.Values)
            {
                html.Append("<tr><th>").Append(WebUtility.HtmlEncode(name)).Append(CultureInfo.InvariantCulture, $"</th><td>{value:g6}</td></tr>");
            }

            html.Append("</table>");
        }

        html.Append("<h2>Events</h2><pre>").Append(WebUtility.HtmlEncode(string.Join('\n', events))).Append("</pre><h2>Configuration</h2><pre>")
            .Append(WebUtility.HtmlEncode(configuration)).Append("</pre></html>");
        File.WriteAllText(path + ".partial", html.ToString());
        File.Move(path + ".partial", path, overwrite: true);
    }

    private static void Curve(StringBuilder html, string name, (long Step, double Value)[] points)
    {
        if (points.Length == 0)
        {
            return;
        }

        var stride = Math.Max(1, points.Length / MaxPoints);
        var (first, final) = (points[0].Step, Math.Max(points[^1].Step, points[0].Step + 1));
        var (low, high) = (points.Min(point => point.Value), points.Max(point => point.Value));
        if (high - low < 1e-12)
        {
            (low, high) = (low - 0.5, high + 0.5);
        }

        double X(long step) => Left + (Width - Left - 8) * (double)(step - first) / (final - first);
        double Y(double value) => 8 + (Height - Bottom - 8) * (high - value) / (high - low);
        html.Append("<figure><figcaption>").Append(WebUtility.HtmlEncode(name)).Append(CultureInfo.InvariantCulture, $"</figcaption><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">")
            .Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} 8V{Height - Bottom}H{Width - 8}\" fill=\"none\" stroke=\"#9aa7b5\"/>")
            .Append(CultureInfo.InvariantCulture, $"<g font-size=\"11\" fill=\"#4a5a6a\"><text x=\"{Left - 6}\" y=\"16\" text-anchor=\"end\">{high:g4}</text><text x=\"{Left - 6}\" y=\"{Height - Bottom}\" text-anchor=\"end\">{low:g4}</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{Height - 6}\">{first}</text><text x=\"{Width - 8}\" y=\"{Height - 6}\" text-anchor=\"end\">{points[^1].Step}</text></g><polyline fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"1.5\" points=\"");
        for (var i = 0; i < points.Length; i += stride)
        {
            html.Append(CultureInfo.InvariantCulture, $"{X(points[i].Step):0.#},{Y(points[i].Value):0.#} ");
        }

        html.Append("\"/></svg></figure>");
    }
}
