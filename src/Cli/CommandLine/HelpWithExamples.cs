using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FaceCluster.Cli.CommandLine;

/// <summary>The usual help text, followed by the examples of a <see cref="CliCommand"/>.</summary>
internal sealed class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
{
    private const string ExitCodes =
        """
        Exit codes:
          0  done                              4  input refused
          1  failed                            5  not found
          2  wrong command line                6  not permitted
          3  no server, or no answer in time   7  done, but some items were refused

        """;

    /// <summary>Gives the help option of a root command the examples of its commands.</summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        if (option.Action is HelpAction action)
        {
            option.Action = new HelpWithExamples(action);
        }
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override bool Terminating => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = inner.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(ExitCodes);
        }

        if (parseResult.CommandResult.Command is CliCommand { Examples.Count: > 0 } command)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
            {
                output.WriteLine($"  {parseResult.RootCommandResult.Command.Name} {example}");
            }

            output.WriteLine();
        }

        return result;
    }
}
