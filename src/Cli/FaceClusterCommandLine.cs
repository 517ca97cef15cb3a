using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Commands;

namespace FaceCluster.Cli;

/// <summary>The command line <c>facecluster</c>.</summary>
public static class FaceClusterCommandLine
{
    /// <summary>Parses the arguments, runs the command and returns one of <see cref="ExitCode"/>.</summary>
    /// <param name="arguments">What was typed, without the name of the program.</param>
    /// <param name="console">Where to write.</param>
    /// <param name="cancellation">Ends the command as Ctrl-C does.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliConsole console, CancellationToken cancellation = default)
    {
        var root = Create(console);
        var parse = root.Parse(arguments);
        if (parse.Errors.Count > 0 && parse.Action is not { ClearsParseErrors: true })
        {
            foreach (var error in parse.Errors)
            {
                console.Note($"error: {error.Message}");
            }

            console.Note($"'facecluster {CommandPath(parse)}--help' shows how it is used.");
            return ExitCode.Usage;
        }

        return await parse.InvokeAsync(
            new InvocationConfiguration
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,

                // A server finishes what is under way when it is told to stop.
                ProcessTerminationTimeout = TimeSpan.FromSeconds(45),
            },
            cancellation);
    }

    /// <summary>All commands.</summary>
    internal static RootCommand Create(CliConsole console)
    {
        var root = new RootCommand(
            "Clusters the faces that cameras and photographs show, and finds people in them.");
        root.Subcommands.Add(new IngestCommand(console));
        root.Subcommands.Add(new ClustersCommand(console));
        root.Subcommands.Add(new FacesCommand(console));
        root.Subcommands.Add(new SearchCommand(console));
        root.Subcommands.Add(new VerifyCommand(console));
        root.Subcommands.Add(new IdentifyCommand(console));
        root.Subcommands.Add(new IdentityCommand(console));
        root.Subcommands.Add(new CollectionsCommand(console));
        root.Subcommands.Add(new OperationsCommand(console));
        root.Subcommands.Add(new BackupCommand(console));
        root.Subcommands.Add(ExportCommand.Export(console));
        root.Subcommands.Add(ExportCommand.Import(console));
        root.Subcommands.Add(new InfoCommand(console));
        root.Subcommands.Add(new EmbedCommand(console));
        root.Subcommands.Add(new ClusterCommand(console));
        root.Subcommands.Add(new EvalCommand(console));
        root.Subcommands.Add(new BenchCommand(console));
        root.Subcommands.Add(new DemoCommand(console));
        root.Subcommands.Add(new ServeCommand(console));
        root.Subcommands.Add(new KeysCommand(console));
        root.Subcommands.Add(new ShardCommand(console));
        HelpWithExamples.AddTo(root);
        return root;
    }

    private static string CommandPath(ParseResult parse)
    {
        var names = new Stack<string>();
        for (var result = parse.CommandResult; result is not null && result.Command is not RootCommand; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Push(result.Command.Name);
        }

        return string.Concat(names.Select(name => name + " "));
    }
}
