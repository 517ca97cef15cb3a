using FaceCluster.Silo.Access;
using FaceCluster.Silo.Startup;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace FaceCluster.Silo;

/// <summary>
/// A whole server in this process: silo, stores, inference and gRPC gateway. It is what <c>serve</c>, <c>demo</c> and the
/// tests run.
/// </summary>
public sealed partial class FaceClusterServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServerParts _parts;
    private readonly Uri? _grpcAddress;
    private int _disposed;

    private FaceClusterServer(WebApplication app, ServerParts parts, FaceClusterServerOptions options)
    {
        _app = app;
        _parts = parts;
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(text => new Uri(text)).ToList();
        var grpc = options.ParsedRoles.HasFlag(SiloRoles.Gateway);
        _grpcAddress = grpc ? addresses[0] : null;
        HttpAddress = options.HttpPort is null ? null : addresses[grpc ? 1 : 0];
    }

    /// <summary>Where gRPC is served, with the port that was really taken; see <see cref="ServesGrpc"/>.</summary>
    /// <exception cref="InvalidOperationException">This process has not the role gateway.</exception>
    public Uri GrpcAddress => _grpcAddress ?? throw new InvalidOperationException("The server has not the role gateway and serves no gRPC.");

    /// <summary>Whether this process serves gRPC.</summary>
    public bool ServesGrpc => _grpcAddress is not null;

    /// <summary>Where /metrics, /livez and /readyz are served; null where they are not.</summary>
    public Uri? HttpAddress { get; }

    /// <summary>Where the data is, in words.</summary>
    public string DataPlace => _parts.DataPlace;

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a server; it is serving when this returns.</summary>
    /// <exception cref="ServerStartException">It cannot start; the message says why.</exception>
    public static async Task<FaceClusterServer> StartAsync(FaceClusterServerOptions options, CancellationToken cancellationToken = default)
    {
        var address = options.ParsedAddress;
        ServerParts? parts = null;
        WebApplication? app = null;
        try
        {
            parts = await ServerParts.OpenAsync(options, cancellationToken);
            var keys = new MetadataApiKeyStore(parts.Metadata, TimeProvider.System);
            var exposure = await BindPolicy.DecideAsync(address, options.Insecure, keys, cancellationToken);
            app = ServerBuilder.Build(options, address, exposure, parts, keys);
            var logger = app.Services.GetRequiredService<ILogger<FaceClusterServer>>();
            if (exposure == Exposure.Insecure)
            {
                LogInsecure(logger, options.Address);
            }

            await app.StartAsync(cancellationToken);
            var server = new FaceClusterServer(app, parts, options);
            LogServing(logger, server._grpcAddress ?? server.HttpAddress, parts.DataPlace);
            return server;
        }
        catch (Exception exception)
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            if (parts is not null)
            {
                await parts.DisposeAsync();
            }

            throw StartFailure.Explain(exception, cancellationToken);
        }
    }

    /// <summary>Completes when the process is asked to end, or the server is stopped.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops gracefully: tells streams to leave, finishes what is under way, closes the stores.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default) => await _app.StopAsync(cancellationToken);

    /// <summary>Stops the server where it still runs, and lets go of the data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        await _parts.DisposeAsync();
    }
}
