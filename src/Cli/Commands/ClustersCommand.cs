using System.CommandLine;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster clusters</c>: reads clusters.</summary>
internal sealed class ClustersCommand : Command
{
    public ClustersCommand(CliConsole console)
        : base("clusters", "Lists, shows and watches clusters: the people that were seen, known or not.")
    {
        Subcommands.Add(new ClustersListCommand(console));
        Subcommands.Add(new ClustersShowCommand(console));
        Subcommands.Add(new ClustersWatchCommand(console));
    }
}
