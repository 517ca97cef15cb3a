using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Files;
using FaceCluster.Cli.Output;
using FaceCluster.Clustering;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster eval</c>: how well predicted labels agree with true ones.</summary>
internal sealed class EvalCommand : CliCommand
{
    private readonly CliConsole _console;
    private readonly Option<string> _predicted = new("--pred") { Description = "Predicted labels, one per line.", HelpName = "FILE", Required = true };
    private readonly Option<string> _labels = new("--labels") { Description = "True labels, one per line, in the same order.", HelpName = "FILE", Required = true };
    private readonly Option<bool> _noise = new("--noise-as-singletons") { Description = "Count every face whose predicted label is -1 as a cluster of its own." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public EvalCommand(CliConsole console)
        : base("eval", "Compares predicted labels with true ones: pairwise, BCubed, NMI, ARI and identity scores.", "eval --pred labels.txt --labels truth.meta --json")
    {
        _console = console;
        Options.Add(_predicted);
        Options.Add(_labels);
        Options.Add(_noise);
        Options.Add(_json);
        Run(console, (parse, _) => Task.FromResult(Evaluate(parse)));
    }

    private int Evaluate(ParseResult parse)
    {
        var (predicted, truth) = (LabelFile.Read(parse.GetValue(_predicted)!), LabelFile.Read(parse.GetValue(_labels)!));
        if (predicted.Length != truth.Length)
        {
            throw new CliException($"--pred has {predicted.Length} labels and --labels {truth.Length}: the numbers must be equal.", ExitCode.Refused);
        }

        var report = EvaluationReport.Of(ClusteringEvaluation.Evaluate(
            parse.GetValue(_noise) ? ClusteringEvaluation.NoiseAsSingletons(predicted) : predicted, truth));
        if (parse.GetValue(_json))
        {
            _console.Output.WriteLine(JsonText.Record(report));
        }
        else
        {
            report.Write(_console);
        }

        return ExitCode.Success;
    }
}
