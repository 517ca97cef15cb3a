using FaceCluster.Trainer;

namespace FaceCluster.Cli.Tests.CommandLine;

public sealed class TrainerCommandLineTests
{
    [Theory]
    [InlineData("data")]
    [InlineData("fit --epochs 3")]
    [InlineData("eval model.onnx")]
    [InlineData("export")]
    public async Task Run_OfAnyCommand_SaysThatItIsNotAvailableAndFails(string line)
    {
        var (output, error) = (new StringWriter(), new StringWriter());

        var code = await TrainerCommandLine.RunAsync(line.Split(' '), output, error);

        Assert.Equal(TrainerCommandLine.NotAvailable, code);
        Assert.Contains($"'{line.Split(' ')[0]}' is not available yet", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public async Task Run_OfAnUnknownCommand_IsAUsageError() =>
        Assert.Equal(TrainerCommandLine.Usage, await TrainerCommandLine.RunAsync(["dance"], TextWriter.Null, TextWriter.Null));
}
