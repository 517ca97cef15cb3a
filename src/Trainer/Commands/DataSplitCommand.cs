using System.CommandLine;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Packing;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data split</c>: two sets without a common person.</summary>
internal sealed class DataSplitCommand : TrainerCommand
{
    private readonly Argument<string> _source = new("source") { Description = "A training set in any form." };
    private readonly Option<string> _first = new("--first") { Description = "The folder of the first part, written as a record file.", HelpName = "DIR", Required = true };
    private readonly Option<string> _second = new("--second") { Description = "The folder of the second part.", HelpName = "DIR", Required = true };
    private readonly Option<double> _share = new("--share") { Description = "Share of the people in the first part.", DefaultValueFactory = _ => 0.8 };
    private readonly Option<long> _seed = new("--seed") { Description = "Chooses the people.", DefaultValueFactory = _ => 1 };

    public DataSplitCommand(TextWriter output, TextWriter error)
        : base("split", "Parts a set by people, so that what a model is measured on are people it has never seen.", output, error)
    {
        Arguments.Add(_source);
        foreach (var option in (Option[])[_first, _second, _share, _seed])
        {
            Options.Add(option);
        }

        Run((parse, cancellation) =>
        {
            using var dataset = FaceDatasets.Open(parse.GetValue(_source)!);
            var (first, second) = IdentitySplit.Split(dataset, parse.GetValue(_share), parse.GetValue(_seed));
            foreach (var (part, folder) in ((SubsetDataset, string)[])[(first, parse.GetValue(_first)!), (second, parse.GetValue(_second)!)])
            {
                Packer.Copy(part, folder, cancellation);
                Output.WriteLine($"{folder}: {part.Count} faces of {part.ClassCount} people");
            }

            return Task.FromResult(0);
        });
    }
}
