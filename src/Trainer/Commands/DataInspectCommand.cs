using System.CommandLine;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Packing;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data inspect</c>: what a set holds.</summary>
internal sealed class DataInspectCommand : TrainerCommand
{
    private readonly Argument<string> _source = new("source") { Description = "A training set in any form, or a verification set (.bin)." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public DataInspectCommand(TextWriter output, TextWriter error)
        : base("inspect", "Says what a set holds: faces, people, faces a person, pairs.", output, error)
    {
        Arguments.Add(_source);
        Options.Add(_json);
        Run((parse, _) =>
        {
            var summary = SetInspection.Summarize(parse.GetValue(_source)!);
            if (parse.GetValue(_json))
            {
                WriteJson(summary);
            }
            else
            {
                Output.WriteLine(summary.ToText());
            }

            return Task.FromResult(0);
        });
    }
}
