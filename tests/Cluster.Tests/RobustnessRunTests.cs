using FaceCluster.Robustness;
using FaceCluster.Testing;

namespace FaceCluster.Cluster.Tests;

/// <summary>A short run of the fault injector; the long ones are run by hand, see docs/robustness.md.</summary>
public sealed class RobustnessRunTests
{
    [Fact]
    public async Task Short_run_with_faults_keeps_every_promise()
    {
        var report = await RobustnessRun.RunAsync(
            new RunOptions
            {
                Seed = 11,
                Duration = TimeSpan.FromSeconds(40),
                Kinds = ["kill-silo", "database-crash", "connection-reset", "kill-gateway"],
                Cameras = 4,
                Pause = TimeSpan.FromSeconds(2),
            },
            TestContext.Current.SendDiagnosticMessage,
            TestContext.Current.CancellationToken);

        Assert.SkipWhen(report is null, PostgresServer.SkipReason);
        Assert.InRange(report!.Acknowledged, 100, int.MaxValue);
        Assert.Equal((0, 0, 0, 0), (report.Lost, report.Doubled, report.HalfWritten, report.Mislabelled));
        Assert.Equal((0, 0), (report.HungCalls, report.BrokenRedirects));
        Assert.Empty(report.WatchViolations);
    }
}
