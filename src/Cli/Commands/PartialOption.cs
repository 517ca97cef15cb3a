using System.CommandLine;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary><c>--allow-partial</c>, and how a partial answer is shown.</summary>
internal static class PartialOption
{
    /// <summary>The option.</summary>
    public static Option<bool> Create() => new("--allow-partial")
    {
        Description = "Answer with what can be reached where a part of the cluster cannot, and name what is missing (exit code as for an unreachable server).",
    };

    /// <summary>Says what is missing in an answer; yields the exit code.</summary>
    public static int Outcome(CliConsole console, IReadOnlyCollection<string> unreachable)
    {
        if (unreachable.Count == 0)
        {
            return ExitCode.Success;
        }

        console.Note($"Partial: not reachable: {string.Join(", ", unreachable)}");
        return ExitCode.Of(Grpc.Core.StatusCode.Unavailable);
    }
}
