using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task Demo_WithFewFrames_ScoresAndWritesThePage()
    {
        Models.Require();
        using var folder = new TemporaryFolder();

        var result = await Infrastructure.Cli.RunAsync(
            "demo", "--frames", "6", "--json", "--samples", Models.Samples, "--models", Models.Folder, "--output", folder.Path);

        Assert.Equal((ExitCode.Success, ""), (result.ExitCode, result.Error));
        var json = result.Json;
        foreach (var key in new[] { "frames", "faces", "clusters", "identities", "pairwise_f", "bcubed_f", "faces_per_s", "ack_p95_ms" })
        {
            Assert.NotNull(json[key]);
        }

        Assert.Equal(48, json["frames"]!.GetValue<int>());
        Assert.Empty(json["errors"]!.AsObject());
        Assert.InRange(json["identities"]!.GetValue<int>(), 15, 21);
        Assert.InRange(json["bcubed_f"]!.GetValue<double>(), 0.8, 1);
        var page = await File.ReadAllTextAsync(json["page"]!.GetValue<string>(), TestContext.Current.CancellationToken);
        var crops = Directory.GetFiles(Path.Combine(folder.Path, "faces"));
        Assert.Equal(json["faces"]!.GetValue<int>(), crops.Length);
        Assert.All(crops, crop => Assert.Contains(Path.GetFileName(crop), page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Demo_WithoutTheSamples_SaysHowToGetThem()
    {
        using var folder = new TemporaryFolder();

        var result = await Infrastructure.Cli.RunAsync("demo", "--samples", folder.Path, "--output", folder.Path);

        Assert.Equal(ExitCode.NotFound, result.ExitCode);
        Assert.Contains("./build.sh demo", result.Error, StringComparison.Ordinal);
    }
}
