using FaceCluster.Cli.CommandLine;
using FaceCluster.Silo;

namespace FaceCluster.Cli.Commands;

/// <summary>Starts a server in this process.</summary>
internal static class EmbeddedServer
{
    /// <summary>Starts it; a start that fails becomes a sentence.</summary>
    public static async Task<FaceClusterServer> StartAsync(FaceClusterServerOptions options, CancellationToken cancellation)
    {
        try
        {
            return await FaceClusterServer.StartAsync(options, cancellation);
        }
        catch (ServerStartException failure)
        {
            throw new CliException(failure.Message, ExitCode.Failure, failure);
        }
    }
}
