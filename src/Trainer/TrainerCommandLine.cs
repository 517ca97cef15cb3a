using System.CommandLine;
using FaceCluster.Trainer.Commands;

namespace FaceCluster.Trainer;

/// <summary>The command line <c>facecluster-train</c>.</summary>
public static class TrainerCommandLine
{
    /// <summary>The exit code of a wrong command line.</summary>
    public const int Usage = 2;

    /// <summary>Parses the arguments, runs the command and returns its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Trains face embedding models for FaceCluster: data, training, measuring, export.");
        root.Subcommands.Add(new DataCommand(output, error));
        root.Subcommands.Add(new FitCommand(output, error));
        root.Subcommands.Add(new EvalCommand(output, error));
        root.Subcommands.Add(new SpeedCommand(output, error));
        root.Subcommands.Add(new ExportCommand(output, error));
        var parse = root.Parse(arguments);
        if (parse.Errors.Count > 0)
        {
            foreach (var problem in parse.Errors)
            {
                await error.WriteLineAsync($"error: {problem.Message}");
            }

            return Usage;
        }

        return await parse.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,

            // Ctrl-C ends the step under way and saves; a step of a large network takes minutes on a small machine.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(10),
        });
    }
}
