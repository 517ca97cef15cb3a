using System.CommandLine;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Packing;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data verify</c>: reads and decodes everything once.</summary>
internal sealed class DataVerifyCommand : TrainerCommand
{
    private const int Shown = 50;

    private readonly Argument<string> _source = new("source") { Description = "A training set in any form, or a verification set (.bin)." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public DataVerifyCommand(TextWriter output, TextWriter error)
        : base("verify", "Reads and decodes every picture of a set and names each that cannot be used; fails where there is one.", output, error)
    {
        Arguments.Add(_source);
        Options.Add(_json);
        Run(async (parse, cancellation) =>
        {
            var report = await Task.Run(() => SetInspection.Verify(parse.GetValue(_source)!, Progress("reading"), cancellation), cancellation);
            if (parse.GetValue(_json))
            {
                WriteJson(new { pictures = report.Pictures, faults = report.Faults, warnings = report.Warnings });
            }
            else
            {
                foreach (var fault in report.Faults.Take(Shown))
                {
                    Output.WriteLine($"fault: {fault}");
                }

                foreach (var warning in report.Warnings.Take(Shown))
                {
                    Output.WriteLine($"note: {warning}");
                }

                Output.WriteLine($"{report.Pictures} pictures, {report.Faults.Count} faults, {report.Warnings.Count} notes");
            }

            return report.Faults.Count == 0 ? 0 : Refused;
        });
    }
}
