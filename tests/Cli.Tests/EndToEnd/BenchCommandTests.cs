using System.Text.Json.Nodes;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class BenchCommandTests
{
    [Fact]
    public async Task Bench_OfASmallSearch_PrintsALinePerBatchWithFullRecall()
    {
        var result = await Infrastructure.Cli.RunAsync(
            "bench", "search", "--n", "2000", "--k", "5", "--batch", "1,16", "--threads", "2", "--seconds", "0.1", "--json");

        Assert.Equal(ExitCode.Success, result.ExitCode);
        var lines = result.Output.Trim().Split('\n').Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal([1, 16], lines.Select(line => line["batch"]!.GetValue<int>()));
        string[] fields = ["name", "n", "batch", "threads", "qps", "p99_ms", "recall", "build_s", "peak_mb"];
        Assert.All(lines, line =>
        {
            Assert.Equal(fields, line.AsObject().Select(static field => field.Key));
            Assert.Equal(2000, line["n"]!.GetValue<int>());
            Assert.Equal(1, line["recall"]!.GetValue<double>());
            Assert.True(line["qps"]!.GetValue<double>() > 0);
        });
    }

    [Theory]
    [InlineData("bench dance")]
    [InlineData("bench search --n many")]
    public async Task Bench_OfAnUnknownMeasurementOrValue_EndsWith2(string line) =>
        Assert.Equal(ExitCode.Usage, (await Infrastructure.Cli.RunAsync(line.Split(' '))).ExitCode);
}
