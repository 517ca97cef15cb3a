using System.CommandLine;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data</c>: training and verification sets.</summary>
internal sealed class DataCommand : Command
{
    public DataCommand(TextWriter output, TextWriter error)
        : base("data", "Prepares, inspects, checks and parts training and verification sets.")
    {
        Subcommands.Add(new DataPackCommand(output, error));
        Subcommands.Add(new DataInspectCommand(output, error));
        Subcommands.Add(new DataVerifyCommand(output, error));
        Subcommands.Add(new DataSplitCommand(output, error));
        Subcommands.Add(new DataDegradeCommand(output, error));
        Subcommands.Add(new DataSpeedCommand(output, error));
    }
}
