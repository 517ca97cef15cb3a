using System.CommandLine;
using FaceCluster.Trainer.Commands;

namespace FaceCluster.Trainer;

/// <summary>
/// The command line <c>facecluster-train</c>. Its commands are settled; what they do comes with a later release, and until
/// then each says so and fails, so that no script mistakes it for work done.
/// </summary>
public static class TrainerCommandLine
{
    /// <summary>The exit code of a command that is not available yet.</summary>
    public const int NotAvailable = 1;

    /// <summary>The exit code of a wrong command line.</summary>
    public const int Usage = 2;

    /// <summary>Parses the arguments, runs the command and returns its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Trains face embedding models for FaceCluster. Not available yet: every command says so and fails.");
        root.Subcommands.Add(new DataCommand(output, error));
        root.Subcommands.Add(new FitCommand(output, error));
        root.Subcommands.Add(new EvalCommand(output, error));
        root.Subcommands.Add(new SpeedCommand(output, error));
        Add(root, error, "export", "Writes a trained model as ONNX, with its manifest.");
        var parse = root.Parse(arguments);
        if (parse.Errors.Count > 0)
        {
            foreach (var problem in parse.Errors)
            {
                await error.WriteLineAsync($"error: {problem.Message}");
            }

            return Usage;
        }

        return await parse.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private static void Add(RootCommand root, TextWriter error, string name, string description)
    {
        // Whatever options are tried, the answer is the same.
        var command = new Command(name, $"{description} (Not available yet.)") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(_ =>
        {
            error.WriteLine($"error: '{name}' is not available yet: this release serves and clusters with ready models, it does not train them.");
            return NotAvailable;
        });
        root.Subcommands.Add(command);
    }
}
