using FaceCluster.Membership;
using FaceCluster.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Cluster.Tests;

/// <summary>A silo in the test's process that has nothing but its membership and the grains of the tests.</summary>
internal static class LoneSilo
{
    /// <summary>Starts one.</summary>
    public static async Task<IHost> StartAsync(MembershipOptions options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo => silo.UseMembership(options, LoopbackPorts.Take(), 0));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }
}
