using System.CommandLine;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Packing;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data degrade</c>: a set of poor pictures to measure on.</summary>
internal sealed class DataDegradeCommand : TrainerCommand
{
    private readonly Argument<string> _source = new("source") { Description = "A training set in any form." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The folder of the other set, written as a record file.", HelpName = "DIR", Required = true };
    private readonly Option<double> _blur = new("--blur") { Description = "Probability of a blur (standard deviation 0.3 to 3 pixels).", DefaultValueFactory = _ => 0.4 };
    private readonly Option<double> _small = new("--low-resolution") { Description = "Probability of a low resolution (16 to 84 pixels).", DefaultValueFactory = _ => 0.4 };
    private readonly Option<double> _jpeg = new("--jpeg") { Description = "Probability of JPEG losses (quality 15 to 95).", DefaultValueFactory = _ => 0.4 };
    private readonly Option<double> _erase = new("--erase") { Description = "Probability of a covered rectangle.", DefaultValueFactory = _ => 0 };
    private readonly Option<long> _seed = new("--seed") { Description = "Draws the changes.", DefaultValueFactory = _ => 1 };

    public DataDegradeCommand(TextWriter output, TextWriter error)
        : base("degrade", "Blurs, shrinks and compresses the faces of a set by chance, to measure what a model makes of poor pictures.", output, error)
    {
        Arguments.Add(_source);
        foreach (var option in (Option[])[_output, _blur, _small, _jpeg, _erase, _seed])
        {
            Options.Add(option);
        }

        Run((parse, cancellation) =>
        {
            var augmentation = new AugmentationOptions
            {
                Flip = 0,
                Blur = parse.GetValue(_blur),
                BlurMaxSigma = 3,
                LowResolution = parse.GetValue(_small),
                LowResolutionMinSide = 16,
                Jpeg = parse.GetValue(_jpeg),
                JpegMinQuality = 15,
                Erase = parse.GetValue(_erase),
            };
            using var dataset = FaceDatasets.Open(parse.GetValue(_source)!);
            var folder = parse.GetValue(_output)!;
            Packer.Degrade(dataset, folder, augmentation, parse.GetValue(_seed), cancellation);
            Output.WriteLine($"{folder}: {dataset.Count} faces of {dataset.ClassCount} people");
            return Task.FromResult(0);
        });
    }
}
