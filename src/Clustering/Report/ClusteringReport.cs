using System.Globalization;
using System.Net;
using System.Text;

namespace FaceCluster.Clustering;

/// <summary>
/// The report of a run as one self-contained page: what was found, and whether the settings fit these faces, judged
/// without labels by the distributions of join scores, similarities, magnitudes and cluster sizes.
/// </summary>
public static class ClusteringReport
{
    /// <summary>Renders the page.</summary>
    /// <param name="result">The clusters.</param>
    /// <param name="scores">Scores against known identities, or null.</param>
    /// <param name="seconds">How long the run took.</param>
    /// <param name="constraints">Where the pairs of one frame are, or null.</param>
    public static string Render(GroupResult result, ClusteringScores? scores, double seconds, ConstraintSet? constraints = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        var sizes = new Dictionary<int, int>();
        foreach (var centre in result.Centres)
        {
            sizes[centre] = sizes.GetValueOrDefault(centre) + 1;
        }

        var marks = result.Marks.ToArray();
        var html = new StringBuilder();
        html.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Clustering report</title><style>")
            .Append("body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}")
            .Append("table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}")
            .Append("figure{margin:1.5rem 0}figcaption{color:#555}svg{width:100%;height:auto}</style><h1>Clustering report</h1><table>");
        Row(html, "Faces", result.Faces.Count.ToString("N0", CultureInfo.InvariantCulture));
        Row(html, "Clusters", result.ClusterCount.ToString("N0", CultureInfo.InvariantCulture));
        Row(html, "Single faces", Percent(sizes.Values.Count(s => s == 1), result.Faces.Count));
        Row(html, "Largest cluster", sizes.Values.DefaultIfEmpty().Max().ToString("N0", CultureInfo.InvariantCulture));
        Row(html, "Seconds", seconds.ToString("F1", CultureInfo.InvariantCulture));
        foreach (var mark in new[] { FaceMarks.LowQuality, FaceMarks.Ambiguous, FaceMarks.WeakLink, FaceMarks.Conflict })
        {
            Row(html, $"Uncertain: {Name(mark)}", Percent(marks.Count(m => m.HasFlag(mark)), marks.Length));
        }

        if (scores is not null)
        {
            Row(html, "Pairwise P / R / F", Triple(scores.Pairwise));
            Row(html, "BCubed P / R / F", Triple(scores.BCubed));
            Row(html, "NMI", scores.NmiArithmetic.ToString("F4", CultureInfo.InvariantCulture));
        }

        html.Append("</table>");
        var magnitudes = result.Faces.Magnitudes.ToArray();
        Array.Sort(magnitudes);
        if (magnitudes.Length > 0)
        {
            html.Append("<h2>Magnitude quantiles</h2><table><tr>");
            double[] quantiles = [0, .01, .05, .25, .5, .75, .95, .99, 1];
            html.AppendJoin("", quantiles.Select(q => $"<th>{(q * 100).ToString("0.#", CultureInfo.InvariantCulture)} %</th>")).Append("</tr><tr>");
            html.AppendJoin("", quantiles.Select(q => $"<td>{magnitudes[(int)(q * (magnitudes.Length - 1))].ToString("F3", CultureInfo.InvariantCulture)}</td>")).Append("</tr></table>");
        }

        if (result.Faces.Count >= 2)
        {
            var impostors = ImpostorDistribution.Measure(result.Faces, constraints, pairs: 100_000);
            html.Append("<h2>Thresholds of level one by false-link rate</h2><table>");
            foreach (var (rate, name) in new[] { (1e-2, "1 %"), (1e-3, "0.1 %"), (1e-4, "0.01 %") })
            {
                Row(html, name, impostors.Threshold(rate).ToString("F3", CultureInfo.InvariantCulture));
            }

            html.Append("</table>");
            Figure(html, impostors.IsMirrored
                ? "Cosines of random pairs, nearly all of two people. The line is the threshold for a false-link rate of 0.01 %."
                : $"Cosines of {impostors.Cosines.Length:N0} pairs that share a frame, so of two people. The line is the threshold for a false-link rate of 0.01 %.", HistogramSvg.Draw(impostors.Cosines.ToArray(), -0.5, 1, 75, "cosine", impostors.Threshold(1e-4)));
        }

        var joins = result.Joins.Where(j => double.IsFinite(j.Score)).ToArray();
        Figure(html, "Log-odds of the joins that were made. A tall bar at the threshold means that many joins hang by a thread: look at them, or raise the strictness.", HistogramSvg.Draw(joins.Select(j => j.Score), 0, 15, 60, "log-odds of a join", result.Options.Strictness));
        var margins = result.Standings.ToArray().Select(s => (double)s.Margin).Where(double.IsFinite).ToArray();
        Figure(html, "Margins: by how much a face's own cluster is likelier than the next one around it (log-odds; faces with no other cluster near are left out). Left of the line a face is marked as ambiguous.", HistogramSvg.Draw(margins, -5, 15, 60, "margin", result.Options.AmbiguityMargin));
        Figure(html, "Cosine of the two templates at each join.", HistogramSvg.Draw(joins.Select(j => j.Cosine), 0, 1, 50, "cosine at the join", null));
        Figure(html, "Magnitudes of all faces.", HistogramSvg.Draw(magnitudes.Select(m => (double)m), magnitudes.FirstOrDefault(), magnitudes.LastOrDefault(), 50, "magnitude", null));
        Figure(html, "Cluster sizes (logarithm to base 2).", HistogramSvg.Draw(sizes.Values.Select(s => Math.Log2(s)), 0, 12, 24, "log2 of the size", null));
        return html.Append("</html>").ToString();
    }

    private static string Name(FaceMarks mark) => mark switch
    {
        FaceMarks.LowQuality => "low quality, alone",
        FaceMarks.Ambiguous => "another cluster is nearly as likely",
        FaceMarks.WeakLink => "weakly linked",
        _ => "in conflict with a constraint",
    };

    private static string Triple(PrecisionRecall score) =>
        string.Create(CultureInfo.InvariantCulture, $"{score.Precision:F4} / {score.Recall:F4} / {score.F:F4}");

    private static string Percent(int part, int whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{part:N0} ({(whole == 0 ? 0 : 100.0 * part / whole):F1} %)");

    private static void Row(StringBuilder html, string name, string value) =>
        html.Append("<tr><td>").Append(WebUtility.HtmlEncode(name)).Append("</td><td>").Append(WebUtility.HtmlEncode(value)).Append("</td></tr>");

    private static void Figure(StringBuilder html, string caption, string svg) =>
        html.Append("<figure>").Append(svg).Append("<figcaption>").Append(WebUtility.HtmlEncode(caption)).Append("</figcaption></figure>");
}
