using System.Globalization;
using System.Net;
using System.Text;
using FaceCluster.Clustering;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Metrics;

namespace FaceCluster.Evaluation.Report;

/// <summary>
/// The result as one self-contained page, with the plots of the MagFace paper (Meng et al., 2021): magnitude against the
/// cosine to the person's centre, the histogram of magnitudes, mean faces by magnitude, and error versus reject.
/// </summary>
public static class EvaluationPage
{
    private const int Buckets = 8;

    // A mean over fewer shows single people.
    private const int MinBucket = 20;

    private const int MaxPoints = 3000;

    /// <summary>Writes the page.</summary>
    /// <param name="path">Where it goes.</param>
    /// <param name="result">What was measured.</param>
    /// <param name="faces">The faces.</param>
    /// <param name="identities">The person of each, or null.</param>
    /// <param name="thumbnails">Small copies of the first faces.</param>
    public static void Write(string path, EvaluationResult result, FaceEmbeddings faces, int[]? identities, Thumbnails thumbnails)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentNullException.ThrowIfNull(thumbnails);
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Model evaluation</title><style>")
            .Append("body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}")
            .Append("table{border-collapse:collapse}td{padding:.2rem .8rem;border-bottom:1px solid #ddd}")
            .Append("figure{margin:1.5rem 0}figcaption{color:#555}svg{width:100%;height:auto}img{width:84px;image-rendering:auto;margin-right:6px}</style>")
            .Append(CultureInfo.InvariantCulture, $"<h1>{WebUtility.HtmlEncode(result.Model)}</h1>");
        AppendFigures(html, result);
        Figure(html, MagnitudeHistogram(faces), "Magnitude of the raw embeddings.");
        if (identities is not null && IdentityCentres.Cosines(faces, identities) is { Rows.Length: > 0 } centres)
        {
            Figure(html, Scatter(faces, centres.Rows, centres.Cosines), "Magnitude against the cosine to the person's centre, people with five faces or more.");
        }

        AppendMeanFaces(html, faces, thumbnails);
        if (result.ErrorVersusReject is { } curve)
        {
            Figure(html, RejectCurve(curve), "FNMR (at the threshold of FMR 0.001 over all pairs) after leaving out the pairs of lowest magnitude.");
        }

        File.WriteAllText(path, html.Append("</html>\n").ToString());
    }

    private static void AppendFigures(StringBuilder html, EvaluationResult result)
    {
        html.Append("<table>");
        Row("Faces", result.Faces);
        Row("People", result.Identities);
        Row("Accuracy, ten folds", result.Accuracy);
        Row("TAR at FAR 1e-3", result.TrueAcceptRate3);
        Row("TAR at FAR 1e-4", result.TrueAcceptRate4);
        Row("Equal error rate", result.EqualErrorRate);
        Row("FMR100", result.Fmr100);
        Row("FMR1000", result.Fmr1000);
        Row("Fisher ratio", result.FisherRatio);
        Row("Spearman, magnitude to centre cosine", result.SpearmanMagnitude);
        Row("Clustering, BCubed F", result.BCubedF);
        Row("Clustering, pairwise F", result.PairwiseF);
        html.Append("</table>");

        void Row(string name, double? value)
        {
            if (value is { } number)
            {
                html.Append(CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td>{number:0.#####}</td></tr>");
            }
        }
    }

    private static void Figure(StringBuilder html, string svg, string caption) =>
        html.Append("<figure>").Append(svg).Append("<figcaption>").Append(WebUtility.HtmlEncode(caption)).Append("</figcaption></figure>");

    private static string MagnitudeHistogram(FaceEmbeddings faces)
    {
        double[] magnitudes = [.. faces.Magnitudes.ToArray().Select(value => (double)value)];
        return HistogramSvg.Draw(magnitudes, magnitudes.Min(), magnitudes.Max(), 60, "magnitude", null);
    }

    private static string Scatter(FaceEmbeddings faces, int[] rows, double[] cosines)
    {
        var stride = Math.Max(1, rows.Length / MaxPoints);
        var points = new List<(double X, double Y)>();
        for (var i = 0; i < rows.Length; i += stride)
        {
            points.Add((faces.Magnitudes[rows[i]], cosines[i]));
        }

        return Plot.Points(points, "magnitude", "cosine to centre");
    }

    private static string RejectCurve(IReadOnlyList<RejectPoint> curve) =>
        Plot.Line([.. curve.Select(point => (point.Rejected, point.FalseNonMatchRate))], "share of pairs left out", "FNMR");

    private static void AppendMeanFaces(StringBuilder html, FaceEmbeddings faces, Thumbnails thumbnails)
    {
        int[] order = [.. Enumerable.Range(0, thumbnails.Count).OrderBy(row => faces.Magnitudes[row])];
        if (order.Length < Buckets * MinBucket)
        {
            return;
        }

        html.Append("<figure>");
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            var rows = order[(bucket * order.Length / Buckets)..((bucket + 1) * order.Length / Buckets)];
            html.Append(CultureInfo.InvariantCulture, $"<img alt=\"magnitude {faces.Magnitudes[rows[0]]:0.##} to {faces.Magnitudes[rows[^1]]:0.##}\" title=\"{faces.Magnitudes[rows[0]]:0.##} to {faces.Magnitudes[rows[^1]]:0.##}\" src=\"data:image/png;base64,{Convert.ToBase64String(thumbnails.Mean(rows))}\">");
        }

        html.Append(CultureInfo.InvariantCulture, $"<figcaption>Mean faces of the {Buckets} eighths by magnitude, lowest first.</figcaption></figure>");
    }
}
