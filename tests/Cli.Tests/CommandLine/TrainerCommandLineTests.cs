using FaceCluster.Trainer;

namespace FaceCluster.Cli.Tests.CommandLine;

public sealed class TrainerCommandLineTests
{
    [Theory]
    [InlineData("data")]
    [InlineData("fit")]
    [InlineData("eval")]
    [InlineData("export")]
    public async Task Help_OfEachCommand_TellsHowToUseIt(string command)
    {
        var (output, error) = (new StringWriter(), new StringWriter());

        var code = await TrainerCommandLine.RunAsync([command, "--help"], output, error);

        Assert.Equal((0, string.Empty), (code, error.ToString()));
        Assert.Contains($"facecluster-train {command}", output.ToString().Replace(Usage(output), "facecluster-train", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fit_WithoutAConfiguration_IsAUsageError()
    {
        var error = new StringWriter();
        Assert.Equal(TrainerCommandLine.Usage, await TrainerCommandLine.RunAsync(["fit"], TextWriter.Null, error));
        Assert.StartsWith("error: ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfAnUnknownCommand_IsAUsageError() =>
        Assert.Equal(TrainerCommandLine.Usage, await TrainerCommandLine.RunAsync(["dance"], TextWriter.Null, TextWriter.Null));

    /// <summary>The name that the help gives the program: that of the process, which is the test's here.</summary>
    private static string Usage(StringWriter help) =>
        help.ToString().Split("Usage:")[1].TrimStart().Split(' ')[0];
}
