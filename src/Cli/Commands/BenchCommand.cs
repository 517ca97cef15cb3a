using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Index.Benchmarking;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster bench</c>: measures search and its parts on generated faces.</summary>
internal sealed class BenchCommand : CliCommand
{
    private static readonly string[] Measurements = ["search", "link", "knn", "append", "limits"];

    private readonly Argument<string> _measurement = new("measurement")
    {
        Description = $"One of {string.Join(", ", Measurements)}; its options follow:\n{BenchmarkCommand.Usage}",
    };

    public BenchCommand(CliConsole console)
        : base(
            "bench", "Measures search and its parts on generated faces. Every result is one JSON line.",
            "bench search --n 100000 --k 10 --batch 1,16,256 --json", "bench limits --threads 2")
    {
        _measurement.AcceptOnlyFromAmong(Measurements);
        Arguments.Add(_measurement);
        TreatUnmatchedTokensAsErrors = false; // the measurement knows its own options
        Run(console, async (parse, cancellation) =>
        {
            // The results are always JSON lines, so --json says nothing new.
            string[] options = [.. parse.UnmatchedTokens.Where(token => token != "--json")];
            return await BenchmarkCommand.RunAsync([parse.GetValue(_measurement)!, .. options], Console.In, console.Output, console.Error, cancellation);
        });
    }
}
