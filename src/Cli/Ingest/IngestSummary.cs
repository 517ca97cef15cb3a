using FaceCluster.Cli.CommandLine;
using Spectre.Console;

namespace FaceCluster.Cli.Ingest;

/// <summary>What <c>facecluster ingest</c> reports.</summary>
/// <param name="Photographs">Files that were found.</param>
/// <param name="Cameras">Cameras they count for.</param>
/// <param name="Faces">Faces stored, those of repeated photographs included.</param>
/// <param name="Replayed">Photographs that the server had before, and copies among the files.</param>
/// <param name="Refused">Faces found and not stored, by reason.</param>
/// <param name="Errors">Photographs refused as a whole, by reason.</param>
/// <param name="FailedFiles">Those photographs.</param>
/// <param name="Seconds">Time until everything was acknowledged.</param>
/// <param name="ClusteredSeconds">Time until everything was in its cluster; equal to Seconds where that was not waited for.</param>
/// <param name="FacesPerS">Faces per second, until acknowledged.</param>
/// <param name="AckP50Ms">Median time from sending to acknowledgement.</param>
/// <param name="AckP95Ms">95th percentile of the same.</param>
public sealed record IngestSummary(
    int Photographs,
    int Cameras,
    long Faces,
    long Replayed,
    IReadOnlyDictionary<string, int> Refused,
    IReadOnlyDictionary<string, int> Errors,
    IReadOnlyCollection<FailedFile> FailedFiles,
    double Seconds,
    double ClusteredSeconds,
    double FacesPerS,
    double AckP50Ms,
    double AckP95Ms)
{
    /// <summary>How many failures are printed; --json prints all.</summary>
    private const int PrintedFailures = 10;

    /// <summary>The summary of a finished ingest.</summary>
    public static IngestSummary Of(
        IReadOnlyCollection<PhotoFile> photographs, IngestTally tally, IReadOnlyCollection<FailedFile> failures, TimeSpan sent, TimeSpan clustered) =>
        new(
            photographs.Count,
            photographs.Select(photograph => photograph.Camera).Distinct(StringComparer.Ordinal).Count(),
            tally.Faces,
            tally.Replayed,
            tally.Refused,
            tally.Errors,
            failures,
            Math.Round(sent.TotalSeconds, 3),
            Math.Round(clustered.TotalSeconds, 3),
            Math.Round(tally.Faces / Math.Max(sent.TotalSeconds, 1e-3), 1),
            Math.Round(tally.LatencyQuantile(0.50), 1),
            Math.Round(tally.LatencyQuantile(0.95), 1));

    /// <summary>Prints it for people.</summary>
    public void Write(CliConsole console)
    {
        var grid = new Grid().AddColumn().AddColumn();
        grid.AddRow("photographs", $"{Photographs} from {Cameras} camera{(Cameras == 1 ? "" : "s")}, {Replayed} known already");
        grid.AddRow("faces", $"{Faces}");
        foreach (var (reason, count) in Refused)
        {
            grid.AddRow("  refused", $"{count} {Markup.Escape(reason)}");
        }

        foreach (var (reason, count) in Errors)
        {
            grid.AddRow("  not taken", $"{count} {Markup.Escape(reason)}");
        }

        grid.AddRow("time", $"{Seconds:0.0} s, {FacesPerS:0.#} faces/s; acknowledged after {AckP50Ms:0} ms (median), {AckP95Ms:0} ms (p95)");
        console.Results.Write(grid);
        foreach (var failure in FailedFiles.Take(PrintedFailures))
        {
            console.Note($"{failure.File}: {failure.Message}");
        }

        if (FailedFiles.Count > PrintedFailures)
        {
            console.Note($"... and {FailedFiles.Count - PrintedFailures} more (--json lists all).");
        }
    }
}
