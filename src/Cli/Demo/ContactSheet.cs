using System.Globalization;
using System.Net;
using System.Text;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Demo;

/// <summary>
/// Writes the page of the demonstration: the figures, what each camera saw, and a contact sheet per cluster with its
/// faces by rank. Pictures lie in folders beside the page; nothing is loaded from elsewhere.
/// </summary>
internal static class ContactSheet
{
    /// <summary>Writes <c>index.html</c> with its pictures into the folder, replacing an older one.</summary>
    /// <returns>Path of the page.</returns>
    public static async Task<string> WriteAsync(
        string folder, VirtualFleet fleet, DemoOutcome outcome, Func<string, DemoSummary> summarise, IProgress<long> progress, CancellationToken cancellation)
    {
        var (faces, cameras) = (Path.Combine(folder, "faces"), Path.Combine(folder, "cameras"));
        foreach (var old in new[] { faces, cameras }.Where(Directory.Exists))
        {
            Directory.Delete(old, recursive: true);
        }

        Directory.CreateDirectory(cameras);
        var files = await FaceCrops.WriteAsync([.. outcome.Faces], faces, progress, cancellation);
        foreach (var (camera, frames) in fleet.Cameras)
        {
            await FaceCrops.WriteThumbnailAsync(frames[frames.Count / 2], Path.Combine(cameras, $"{camera}.jpg"), cancellation);
        }

        var page = Path.Combine(folder, "index.html");
        var html = new StringBuilder(ContactSheetStyle.Head);
        var summary = summarise(page);
        WriteFigures(html, summary);
        WriteCameras(html, fleet, outcome);
        WriteClusters(html, outcome, files);
        html.Append("</main></body></html>\n");
        await File.WriteAllTextAsync(page, html.ToString(), cancellation);
        return page;
    }

    private static void WriteFigures(StringBuilder html, DemoSummary summary)
    {
        html.Append("<header><h1>FaceCluster</h1><p>Eight virtual cameras play six photographs; every face on this page travelled camera → gRPC → inference → identity shards → cluster.</p></header><main><section class=\"figures\">");
        Figure(html, $"{summary.Frames}", "frames", $"{summary.FramesPerS:0.#} per second");
        Figure(html, $"{summary.Faces}", "faces", $"{summary.FacesPerS:0.#} per second");
        Figure(html, $"{summary.Clusters}", "clusters", $"{summary.LargeClusters} of {DemoSummary.LargeCluster} faces or more");
        Figure(html, $"{summary.Identities}", "people", "in the photographs");
        Figure(html, $"{summary.BcubedF:0.000}", "BCubed F", $"precision {summary.All.BcubedP:0.000}, recall {summary.All.BcubedR:0.000}");
        Figure(html, $"{summary.PairwiseF:0.000}", "pairwise F", $"precision {summary.All.PairwiseP:0.000}, recall {summary.All.PairwiseR:0.000}");
        Figure(html, $"{summary.AckP95Ms:0} ms", "acknowledged (p95)", $"median {summary.AckP50Ms:0} ms");
        Figure(html, $"{summary.LagP95Ms:0} ms", "clustered after (p95)", $"median {summary.LagP50Ms:0} ms");
        html.Append("</section>");
    }

    private static void Figure(StringBuilder html, string value, string name, string detail) =>
        html.Append(CultureInfo.InvariantCulture, $"<div><b>{value}</b><span>{name}</span><small>{detail}</small></div>");

    private static void WriteCameras(StringBuilder html, VirtualFleet fleet, DemoOutcome outcome)
    {
        var counts = outcome.Faces.CountBy(face => face.Face.Camera).ToDictionary(StringComparer.Ordinal);
        html.Append("<section><h2>What the cameras saw</h2><div class=\"cameras\">");
        foreach (var (camera, frames) in fleet.Cameras)
        {
            var size = frames[0].Shot.Size;
            html.Append(
                CultureInfo.InvariantCulture,
                $"<figure><img src=\"cameras/{camera}.jpg\" alt=\"\"><figcaption><b>{camera}</b> {size.Width}×{size.Height}<br>{frames.Count} frames, {counts.GetValueOrDefault(camera)} faces</figcaption></figure>");
        }

        html.Append("</div></section>");
    }

    private static void WriteClusters(StringBuilder html, DemoOutcome outcome, IReadOnlyDictionary<string, string> files)
    {
        html.Append("<section><h2>Clusters</h2><p class=\"note\">Each face with the magnitude of its embedding, which is its confidence and its rank: the best face comes first and is the centre. <span class=\"key other\">Red</span>: by the ground truth not the person of its cluster. <span class=\"key uncertain\">Dotted</span>: marked uncertain by the server.</p>");
        var large = outcome.Clusters.Where(cluster => cluster.Count >= DemoSummary.LargeCluster).ToArray();
        foreach (var cluster in large)
        {
            WriteCluster(html, cluster, files);
        }

        html.Append("</section>");
        var small = outcome.Clusters.Where(cluster => cluster.Count < DemoSummary.LargeCluster).ToArray();
        if (small.Length > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<section><h2>Small clusters</h2><p class=\"note\">{small.Length} clusters of fewer than {DemoSummary.LargeCluster} faces: the hardest frames, and things that the detector took for a face.</p><div class=\"small\">");
            foreach (var cluster in small)
            {
                html.Append("<div class=\"sheet\">");
                WriteFaces(html, cluster, MajorityOf(cluster), files);
                html.Append("</div>");
            }

            html.Append("</div></section>");
        }
    }

    private static void WriteCluster(StringBuilder html, IReadOnlyList<ClusteredFace> cluster, IReadOnlyDictionary<string, string> files)
    {
        var majority = MajorityOf(cluster);
        var others = cluster.Count(face => face.Label != majority);
        var cameras = cluster.Select(face => face.Face.Camera).Distinct(StringComparer.Ordinal).Count();
        var purity = others == 0 ? "one person" : $"{others} of another label";
        html.Append(
            CultureInfo.InvariantCulture,
            $"<article><h3>{WebUtility.HtmlEncode(majority)} <small>{cluster.Count} faces from {cameras} cameras, {purity} · {ResourceNames.Id(cluster[0].Face.Cluster)}</small></h3><div class=\"sheet\">");
        WriteFaces(html, cluster, majority, files);
        html.Append("</div></article>");
    }

    private static void WriteFaces(StringBuilder html, IReadOnlyList<ClusteredFace> cluster, string majority, IReadOnlyDictionary<string, string> files)
    {
        foreach (var face in cluster)
        {
            var kind = (face.Label == majority ? "" : " other") + (face.IsUncertain ? " uncertain" : "");
            var reasons = face.IsUncertain ? $", {string.Join(" and ", face.Face.UncertainReasons.Select(ReasonText))}" : "";
            var title = $"{face.Label}, {face.Face.Camera} frame {face.Face.Sequence}{reasons}, {ResourceNames.Id(face.Face.Name)}";
            html.Append(
                CultureInfo.InvariantCulture,
                $"<figure class=\"face{kind}\" title=\"{WebUtility.HtmlEncode(title)}\"><img loading=\"lazy\" width=\"{FaceCrops.Size}\" height=\"{FaceCrops.Size}\" src=\"faces/{files[face.Face.Name]}\" alt=\"\"><figcaption>{face.Face.Quality.Magnitude:0.00}</figcaption></figure>");
        }
    }

    private static string MajorityOf(IReadOnlyList<ClusteredFace> cluster) =>
        cluster.CountBy(face => face.Label, StringComparer.Ordinal).MaxBy(label => label.Value).Key;

    private static string ReasonText(UncertainReason reason) => reason switch
    {
        UncertainReason.LowQuality => "low quality",
        UncertainReason.Ambiguous => "ambiguous",
        _ => "uncertain",
    };
}
