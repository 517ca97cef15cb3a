using FaceCluster.Cli.CommandLine;
using Spectre.Console;

namespace FaceCluster.Cli.Demo;

/// <summary>Prints the figures of the demonstration for people.</summary>
internal static class DemoText
{
    /// <summary>Prints them.</summary>
    public static void Write(CliConsole console, DemoSummary summary)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow("frames", $"{summary.Frames} from 8 cameras, {summary.FramesPerS:0.#} per second");
        grid.AddRow("faces", $"{summary.Faces}, {summary.FacesPerS:0.#} per second; {summary.Strays} are on no person, {summary.Uncertain} are marked uncertain");
        Counts(grid, "faces refused", summary.Refused);
        Counts(grid, "frames refused", summary.Errors);
        grid.AddRow("clusters", $"{summary.Clusters} for {summary.Identities} people; {summary.LargeClusters} of {DemoSummary.LargeCluster} faces or more");
        Scores(grid, "all faces", summary.All);
        Scores(grid, "faces of people", summary.People);
        Scores(grid, "certain faces", summary.Certain);
        Scores(grid, "undecided as one", summary.UndecidedAsOne);
        grid.AddRow("acknowledged", $"after {summary.AckP50Ms:0} ms (median), {summary.AckP95Ms:0} ms (p95)");
        grid.AddRow("clustered", $"{summary.LagP50Ms:0} ms (median), {summary.LagP95Ms:0} ms (p95) after the acknowledgement");
        grid.AddRow("time", $"{summary.TotalSeconds:0.#} s: {summary.RenderSeconds:0.#} s to render, {summary.StreamSeconds:0.#} s to stream");
        grid.AddRow("page", Markup.Escape(summary.Page));
        console.Results.Write(grid);
    }

    private static void Counts(Grid grid, string name, IReadOnlyDictionary<string, int> counts) =>
        grid.AddRow(name, counts.Count == 0 ? "none" : Markup.Escape(string.Join(", ", counts.Select(count => $"{count.Value} {count.Key}"))));

    private static void Scores(Grid grid, string name, DemoScores scores) =>
        grid.AddRow(
            name,
            $"BCubed F {scores.BcubedF:0.000} (P {scores.BcubedP:0.000}, R {scores.BcubedR:0.000}), "
            + $"pairwise F {scores.PairwiseF:0.000} (P {scores.PairwiseP:0.000}, R {scores.PairwiseR:0.000}), {scores.Faces} faces");
}
