using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Tests.CommandLine;

public sealed class FaceClusterCommandLineTests
{
    public static TheoryData<string> CommandPaths()
    {
        var data = new TheoryData<string>();
        Walk(FaceClusterCommandLine.Create(new CliConsole(TextWriter.Null, TextWriter.Null, false)), "");
        return data;

        void Walk(Command command, string path)
        {
            data.Add(path);
            foreach (var child in command.Subcommands)
            {
                Walk(child, $"{path} {child.Name}".Trim());
            }
        }
    }

    [Theory]
    [MemberData(nameof(CommandPaths))]
    public async Task Help_OfEveryCommand_DescribesItAndSucceeds(string path)
    {
        var result = await Infrastructure.Cli.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(ExitCode.Success, result.ExitCode);
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Theory]
    [MemberData(nameof(CommandPaths))]
    public void Examples_OfEveryCommand_ParseWithoutErrors(string path)
    {
        var root = FaceClusterCommandLine.Create(new CliConsole(TextWriter.Null, TextWriter.Null, false));
        Command command = root;
        foreach (var name in path.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            command = command.Subcommands.Single(child => child.Name == name);
        }

        if (command is not CliCommand { Examples: var examples })
        {
            Assert.True(command.Subcommands.Count > 0, $"'{path}' does something and shows no example.");
            return;
        }

        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            var parse = root.Parse(System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(example.Split(" | ")[0]).ToArray());
            Assert.Empty(parse.Errors.Select(error => error.Message));
            Assert.Same(command, parse.CommandResult.Command);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("clusters")]
    [InlineData("ingest")]
    [InlineData("clusters list --limit -1")]
    [InlineData("clusters list --server nowhere")]
    [InlineData("clusters list --timeout 0")]
    [InlineData("ingest --streams 0 x")]
    [InlineData("identity enrol ada")]
    [InlineData("identity enrol ada --face a --cluster b")]
    [InlineData("identify --as painting x.jpg")]
    [InlineData("demo --frames 5")]
    [InlineData("demo --port 70000")]
    public async Task Run_WithAWrongCommandLine_SaysWhatIsWrongAndEndsWith2(string line)
    {
        var result = await Infrastructure.Cli.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Theory]
    [InlineData("clusters list")]
    [InlineData("collections show default")]
    [InlineData("info --json")]
    public async Task Run_WithoutAServer_SaysSoAndEndsWith3(string line)
    {
        var result = await Infrastructure.Cli.RunAsync([.. line.Split(' '), "--server", $"http://127.0.0.1:{ClosedPort()}"]);

        Assert.Equal(ExitCode.Unreachable, result.ExitCode);
        Assert.Contains("no server answers", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Theory]
    [InlineData("search nothing.jpg")]
    [InlineData("verify nothing.jpg nobody.jpg")]
    [InlineData("ingest no-such-folder")]
    public async Task Run_WithAFileThatIsMissing_NamesItAndEndsWith5(string line)
    {
        var result = await Infrastructure.Cli.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.NotFound, result.ExitCode);
        Assert.Contains(line.Split(' ')[1], result.Error, StringComparison.Ordinal);
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
