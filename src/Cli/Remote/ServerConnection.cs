using FaceCluster.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace FaceCluster.Cli.Remote;

/// <summary>A channel to one server, with its clients.</summary>
public sealed class ServerConnection : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly TimeSpan _timeout;

    /// <summary>Prepares the channel; nothing is sent yet.</summary>
    /// <param name="address">http or https.</param>
    /// <param name="apiKey">Sent as a bearer token; null or empty for none.</param>
    /// <param name="timeout">Longest time for one unary answer.</param>
    public ServerConnection(Uri address, string? apiKey, TimeSpan timeout)
    {
        _timeout = timeout;
        Address = address;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            // The server's own limit decides what may be sent; its pages decide how much comes back.
            MaxSendMessageSize = null,
            MaxReceiveMessageSize = 64 * 1024 * 1024,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            },
            DisposeHttpClient = true,
        });
        var invoker = string.IsNullOrEmpty(apiKey)
            ? _channel.CreateCallInvoker()
            : _channel.Intercept(headers => Authorize(headers, apiKey));
        Ingest = new IngestService.IngestServiceClient(invoker);
        Faces = new FaceService.FaceServiceClient(invoker);
        Clusters = new ClusterService.ClusterServiceClient(invoker);
        Identities = new IdentityService.IdentityServiceClient(invoker);
        Collections = new CollectionService.CollectionServiceClient(invoker);
        Server = new ServerService.ServerServiceClient(invoker);
        ClusterAdmin = new ClusterAdminService.ClusterAdminServiceClient(invoker);
        Operations = new OperationService.OperationServiceClient(invoker);
        Backups = new BackupService.BackupServiceClient(invoker);
    }

    /// <summary>Where the server is.</summary>
    public Uri Address { get; }

    /// <summary>When the next unary call is to be answered.</summary>
    public DateTime Deadline => DateTime.UtcNow + _timeout;

    public IngestService.IngestServiceClient Ingest { get; }

    public FaceService.FaceServiceClient Faces { get; }

    public ClusterService.ClusterServiceClient Clusters { get; }

    public IdentityService.IdentityServiceClient Identities { get; }

    public CollectionService.CollectionServiceClient Collections { get; }

    public ServerService.ServerServiceClient Server { get; }

    public ClusterAdminService.ClusterAdminServiceClient ClusterAdmin { get; }

    public OperationService.OperationServiceClient Operations { get; }

    public BackupService.BackupServiceClient Backups { get; }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static Metadata Authorize(Metadata headers, string apiKey)
    {
        headers.Add("authorization", $"Bearer {apiKey}");
        return headers;
    }
}
