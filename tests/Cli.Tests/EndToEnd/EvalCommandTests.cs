using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class EvalCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Eval_OfAWorkedExample_HasTheScoresOfTheDefinitions()
    {
        // Clusters {a, b, c} and {d}; people {a, b} and {c, d}. BCubed precision (2/3 + 2/3 + 1/3 + 1) / 4, recall (1 + 1 + 1/2 + 1/2) / 4.
        var result = await EvalAsync("0\n0\n0\n1\n", "7\n7\n9\n9\n");

        Assert.Equal(ExitCode.Success, result.ExitCode);
        Assert.Equal(4, result.Json["faces"]!.GetValue<int>());
        Assert.Equal(2.0 / 3, result.Json["bcubed_p"]!.GetValue<double>(), 1e-12);
        Assert.Equal(0.75, result.Json["bcubed_r"]!.GetValue<double>(), 1e-12);
        Assert.Equal(1.0 / 3, result.Json["pairwise_p"]!.GetValue<double>(), 1e-12);
        Assert.Equal(0.5, result.Json["pairwise_r"]!.GetValue<double>(), 1e-12);
        Assert.Equal(0.4, result.Json["pairwise_f"]!.GetValue<double>(), 1e-12);
    }

    [Fact]
    public async Task Eval_WithNothingToPair_IsNullAndNotNaN()
    {
        var result = await EvalAsync("0\n1\n", "0\n1\n");

        Assert.Null(result.Json["pairwise_f"]);
        Assert.Equal(1, result.Json["bcubed_f"]!.GetValue<double>());
    }

    [Theory]
    [InlineData("0\n1\n", "0\n", "2 labels")]
    [InlineData("0\n\n1\n", "0\n1\n2\n", "line 2")]
    [InlineData("0\nann\n", "0\n1\n", "line 2")]
    public async Task Eval_OfFilesThatDoNotFit_SaysWhatIsWrong(string predicted, string labels, string named)
    {
        var result = await EvalAsync(predicted, labels);

        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliResult> EvalAsync(string predicted, string labels) => Infrastructure.Cli.RunAsync(
        "eval",
        "--pred", _folder.Write("pred.txt", System.Text.Encoding.UTF8.GetBytes(predicted)),
        "--labels", _folder.Write("truth.meta", System.Text.Encoding.UTF8.GetBytes(labels)),
        "--json");
}
