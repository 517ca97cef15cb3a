using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Spectre.Console;

namespace FaceCluster.Cli.Output;

/// <summary>The tables of commands that print for people.</summary>
internal static class Tables
{
    /// <summary>An empty table with these headings; a heading that starts with <c>&gt;</c> is a column of numbers.</summary>
    public static Table Create(params ReadOnlySpan<string> headings)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in headings)
        {
            table.AddColumn(heading.StartsWith('>')
                ? new TableColumn(heading[1..]).RightAligned().NoWrap()
                : new TableColumn(heading).NoWrap());
        }

        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void Add(this Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);

    /// <summary>Faces by id, camera, time, magnitude and place.</summary>
    public static Table Faces(IEnumerable<Face> faces)
    {
        var table = Create("face", "camera", "seen", ">magnitude", "cluster", "remarks");
        foreach (var face in faces)
        {
            table.Add(
                ResourceNames.Id(face.Name), face.Camera, Time(face.CaptureTime), Magnitude(face.Quality),
                face.Cluster.Length > 0 ? ResourceNames.Id(face.Cluster) : "not linked yet", Remarks(face));
        }

        return table;
    }

    /// <summary>A time in the user's zone.</summary>
    public static string Time(Timestamp? time) => time is null ? "" : $"{time.ToDateTimeOffset().ToLocalTime():yyyy-MM-dd HH:mm:ss}";

    /// <summary>The magnitude, or nothing where the quality is not known.</summary>
    public static string Magnitude(Quality? quality) => quality is null ? "" : $"{quality.Magnitude:0.00}";

    /// <summary>A box as <c>width x height + left + top</c>.</summary>
    public static string BoxText(Box? box) => box is null ? "" : $"{box.Width:0}x{box.Height:0}+{box.Left:0}+{box.Top:0}";

    /// <summary>A cosine.</summary>
    public static string Cosine(double value) => $"{value:0.000}";

    /// <summary>A probability, or nothing where there is none.</summary>
    public static string Probability(bool present, double value) => present ? $"{value:0.000}" : "";

    private static string Remarks(Face face)
    {
        var remarks = face.UncertainReasons.Select(reason => reason switch
        {
            UncertainReason.LowQuality => "low quality",
            UncertainReason.Ambiguous => "ambiguous",
            _ => reason.ToString(),
        });
        if (face.Identity.Length > 0)
        {
            remarks = remarks.Prepend(ResourceNames.Id(face.Identity));
        }

        return string.Join(", ", remarks);
    }
}
