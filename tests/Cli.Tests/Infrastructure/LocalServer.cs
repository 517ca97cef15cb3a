using FaceCluster.Silo;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Cli.Tests.Infrastructure;

/// <summary>A whole server in this process on a free port, with a data folder of its own, for the command line to talk to.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private FaceClusterServer? _server;

    public string Address => _server!.GrpcAddress.AbsoluteUri.TrimEnd('/');

    public string Data => _data.Path;

    public static async Task<LocalServer> StartAsync(bool inference = true, Func<string, Task>? prepare = null)
    {
        if (inference)
        {
            Models.Require();
        }

        var local = new LocalServer();
        if (prepare is not null)
        {
            await prepare(local.Data);
        }

        local._server = await FaceClusterServer.StartAsync(
            new FaceClusterServerOptions
            {
                DataDirectory = local.Data,
                GrpcPort = 0,
                HttpPort = null,
                Inference = new InferenceOptions { Enabled = inference, ModelDirectory = Models.Folder, EmbeddingModelId = inference ? null : "test-model" },
                ConfigureLogging = logging => logging.ClearProviders(),
            },
            TestContext.Current.CancellationToken);
        return local;
    }

    /// <summary>Runs the command line against this server. The machine may be busy, so answers may take their time.</summary>
    public Task<CliResult> RunAsync(params string[] arguments) => Cli.RunAsync([.. arguments, "--server", Address, "--timeout", "600"]);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _data.Dispose();
    }
}
