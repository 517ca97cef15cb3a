using System.Runtime.InteropServices;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;
using FaceCluster.Index.Benchmarking;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class ClusterCommandTests
{
    [Fact]
    public async Task Cluster_OfGeneratedPeople_ScoresThemAndWritesLabelsThatEvalAgreesWith()
    {
        // Ten people with twenty faces each, far apart: raw embeddings are the unit vectors times a magnitude.
        using var folder = new TemporaryFolder();
        var mixture = new SphereMixture(512, 10, seed: 3);
        var raw = new float[200 * 512];
        for (var row = 0; row < 200; row++)
        {
            var unit = raw.AsSpan(row * 512, 512);
            var magnitude = mixture.Row(row, unit) / 4;
            foreach (ref var number in unit)
            {
                number *= magnitude;
            }
        }

        var features = folder.Write("x.f32", MemoryMarshal.AsBytes<float>(raw));
        var truth = folder.Write("y.meta", System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(row => $"{mixture.Identity(row)}\n"))));
        var (labels, report) = (Path.Combine(folder.Path, "labels.txt"), Path.Combine(folder.Path, "report.html"));

        var result = await Infrastructure.Cli.RunAsync(
            "cluster", "--features", features, "--labels", truth, "--out", labels, "--report", report, "--json");
        var scored = await Infrastructure.Cli.RunAsync("eval", "--pred", labels, "--labels", truth, "--json");

        Assert.Equal((ExitCode.Success, ""), (result.ExitCode, result.Error));
        foreach (var key in new[] { "faces", "clusters", "uncertain", "pairwise_p", "pairwise_r", "pairwise_f", "bcubed_p", "bcubed_r", "bcubed_f", "nmi", "seconds", "peak_mb" })
        {
            Assert.NotNull(result.Json[key]);
        }

        Assert.Equal(200, result.Json["faces"]!.GetValue<int>());
        Assert.Equal(scored.Json["bcubed_f"]!.GetValue<double>(), result.Json["bcubed_f"]!.GetValue<double>(), 1e-12);
        Assert.Equal(1, result.Json["bcubed_p"]!.GetValue<double>(), 1e-12);
        Assert.Contains("<svg", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_OfAFileThatIsNotWholeRows_SaysSo()
    {
        using var folder = new TemporaryFolder();

        var result = await Infrastructure.Cli.RunAsync("cluster", "--features", folder.Write("x.f32", new byte[100]));

        Assert.Equal(ExitCode.Refused, result.ExitCode);
        Assert.Contains("x.f32", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await Infrastructure.Cli.RunAsync("cluster", "--features", "missing.f32")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await Infrastructure.Cli.RunAsync("cluster", "--features", "x.f32", "--dim", "7")).ExitCode);
    }
}
