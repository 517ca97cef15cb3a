using FaceCluster.Gateway;
using FaceCluster.Silo;
using Microsoft.Extensions.Logging;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>A whole server in this process, on free ports, with a data folder of its own.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly FaceClusterServer _server;
    private readonly TemporaryFolder? _folder;

    private TestServer(FaceClusterServer server, TemporaryFolder? folder)
    {
        _server = server;
        _folder = folder;
        Api = new ApiClient(server.GrpcAddress);
    }

    public ApiClient Api { get; }

    public Uri GrpcAddress => _server.GrpcAddress;

    public Uri HttpAddress => _server.HttpAddress!;

    public static async Task<TestServer> StartAsync(string? dataFolder = null, Action<FaceClusterServerOptions>? configure = null)
    {
        var folder = dataFolder is null ? new TemporaryFolder() : null;
        try
        {
            return new TestServer(await FaceClusterServer.StartAsync(Options(dataFolder ?? folder!.Path, configure)), folder);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }
    }

    public static FaceClusterServerOptions Options(string dataFolder, Action<FaceClusterServerOptions>? configure = null)
    {
        var options = new FaceClusterServerOptions
        {
            DataDirectory = dataFolder,
            GrpcPort = 0,
            HttpPort = 0,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.None),
        };
        options.Inference.Enabled = false;
        options.Inference.EmbeddingModelId = Embeddings.ModelId;
        configure?.Invoke(options);
        return options;
    }

    /// <summary>Adds to what the options do with the gateway's limits.</summary>
    public static Action<FaceClusterServerOptions> Limits(Action<GatewayOptions> configure) => options => options.ConfigureGateway = configure;

    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _server.DisposeAsync();
        _folder?.Dispose();
    }
}
