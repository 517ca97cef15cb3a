using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Tests.Infrastructure;

/// <summary>Runs the command line in this process, as the executable does.</summary>
internal static class Cli
{
    public static async Task<CliResult> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await FaceClusterCommandLine.RunAsync(
            arguments, new CliConsole(output, error, showsProgress: false), TestContext.Current.CancellationToken);
        return new CliResult(code, output.ToString(), error.ToString());
    }
}

internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public System.Text.Json.Nodes.JsonNode Json => System.Text.Json.Nodes.JsonNode.Parse(Output)!;
}
