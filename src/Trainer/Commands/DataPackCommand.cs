using System.CommandLine;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Packing;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data pack</c>: photographs to aligned faces in a record file, or pairs to a .bin.</summary>
internal sealed class DataPackCommand : TrainerCommand
{
    private readonly Argument<string> _source = new("source") { Description = "A folder of photographs (one folder a person, or Name_0001.jpg), a .csv, a list, or a record file whose usable faces are packed again." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The folder of the set, or a .bin with --pairs.", HelpName = "PATH", Required = true };
    private readonly Option<PackForm> _faces = new("--faces") { Description = "detect (align the face found), whole (the picture is the face's box), aligned (112x112 already).", DefaultValueFactory = _ => PackForm.Detect };
    private readonly Option<string?> _pairs = new("--pairs") { Description = "Pairs over the source: writes a verification set.", HelpName = "FILE" };
    private readonly Option<int> _minimum = new("--min-faces") { Description = "Leave out people with fewer faces.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _models = new("--models") { Description = "The folder of the detector and landmark models.", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public DataPackCommand(TextWriter output, TextWriter error)
        : base("pack", "Finds and aligns faces and packs them for training (train.rec) or verification (.bin).", output, error)
    {
        Arguments.Add(_source);
        foreach (var option in (Option[])[_output, _faces, _pairs, _minimum, _models, _json])
        {
            Options.Add(option);
        }

        Run(async (parse, cancellation) =>
        {
            var request = new PackRequest
            {
                Source = parse.GetValue(_source)!,
                Output = parse.GetValue(_output)!,
                Faces = parse.GetValue(_faces),
                Pairs = parse.GetValue(_pairs),
                MinFaces = parse.GetValue(_minimum),
                ModelFolder = parse.GetValue(_models),
            };
            var result = await Packer.RunAsync(request, Progress("packing"), cancellation);
            foreach (var refusal in result.Refused.Take(20))
            {
                await Error.WriteLineAsync($"left out: {refusal}");
            }

            if (result.Refused.Count > 20)
            {
                await Error.WriteLineAsync($"... and {result.Refused.Count - 20} more");
            }

            if (parse.GetValue(_json))
            {
                WriteJson(new { output = request.Output, faces = result.Faces, classes = result.Classes, pairs = result.Pairs, left_out = result.Refused.Count });
            }
            else
            {
                Output.WriteLine(result.Pairs > 0
                    ? $"{request.Output}: {result.Pairs} pairs, {result.Refused.Count} left out"
                    : $"{request.Output}: {result.Faces} faces of {result.Classes} people, {result.Refused.Count} left out");
            }

            return 0;
        });
    }
}
