using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Clustering;
using Tool = FaceCluster.Clustering.EvalCommand;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster eval</c>: how well predicted labels agree with true ones.</summary>
internal sealed class EvalCommand : CliCommand
{
    private readonly CliConsole _console;
    private readonly Option<string> _predicted = new("--pred") { Description = "Predicted labels, one integer per line.", HelpName = "FILE", Required = true };
    private readonly Option<string> _labels = new("--labels") { Description = "True labels, one integer per line, in the same order.", HelpName = "FILE", Required = true };
    private readonly Option<bool> _noise = new("--noise-as-one") { Description = "Count all faces whose predicted label is -1 as one cluster; otherwise each is its own." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public EvalCommand(CliConsole console)
        : base("eval", "Compares predicted labels with true ones: pairwise, BCubed, NMI, ARI and identity scores.", "eval --pred labels.txt --labels truth.meta --json")
    {
        _console = console;
        Options.Add(_predicted);
        Options.Add(_labels);
        Options.Add(_noise);
        Options.Add(_json);
        Run(console, (parse, _) =>
        {
            var report = Tool.Run(parse.GetValue(_predicted)!, parse.GetValue(_labels)!, !parse.GetValue(_noise));
            if (parse.GetValue(_json))
            {
                _console.Output.WriteLine(JsonText.Record(report));
            }
            else
            {
                Write(report);
            }

            return Task.FromResult(ExitCode.Success);
        });
    }

    private void Write(EvalReport report)
    {
        _console.Output.WriteLine($"{report.Faces} faces of {report.Identities} people in {report.Clusters} clusters");
        var table = Tables.Create("score", ">F", ">precision", ">recall");
        table.Add("BCubed", Text(report.BCubedF), Text(report.BCubedPrecision), Text(report.BCubedRecall));
        table.Add("pairwise", Text(report.PairwiseF), Text(report.PairwisePrecision), Text(report.PairwiseRecall));
        table.Add("identity (over 0.5)", Text(report.IdentityF50), "", "");
        table.Add("identity (over 0.9)", Text(report.IdentityF90), "", "");
        table.Add("NMI (arithmetic)", Text(report.Nmi), "", "");
        table.Add("NMI (geometric)", Text(report.NmiGeometric), "", "");
        table.Add("adjusted Rand", Text(report.AdjustedRand), "", "");
        _console.Results.Write(table);
    }

    private static string Text(double? value) => value is { } number ? $"{number:0.0000}" : "-";
}
