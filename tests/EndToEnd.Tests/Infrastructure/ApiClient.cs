using FaceCluster.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>The clients of one server.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly GrpcChannel _channel;

    public ApiClient(Uri address, string? apiKey = null)
    {
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxSendMessageSize = null, MaxReceiveMessageSize = 64 << 20 });
        Invoker = _channel.Intercept(new TestCancellation());
        if (apiKey is not null)
        {
            Invoker = Invoker.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {apiKey}");
                return metadata;
            });
        }

        Ingest = new(Invoker);
        Faces = new(Invoker);
        Clusters = new(Invoker);
        Identities = new(Invoker);
        Collections = new(Invoker);
        Server = new(Invoker);
        Operations = new(Invoker);
        Backups = new(Invoker);
    }

    public CallInvoker Invoker { get; }

    public IngestService.IngestServiceClient Ingest { get; }

    public FaceService.FaceServiceClient Faces { get; }

    public ClusterService.ClusterServiceClient Clusters { get; }

    public IdentityService.IdentityServiceClient Identities { get; }

    public CollectionService.CollectionServiceClient Collections { get; }

    public ServerService.ServerServiceClient Server { get; }

    public OperationService.OperationServiceClient Operations { get; }

    public BackupService.BackupServiceClient Backups { get; }

    /// <summary>A collection that no other test uses; returns its name.</summary>
    public async Task<string> NewCollectionAsync(int shards = 4, Action<CollectionSettings>? configure = null)
    {
        var settings = new CollectionSettings { ModelId = Embeddings.ModelId, ShardCount = shards, Clustering = new ClusteringSettings { Threshold = 0.5 } };
        configure?.Invoke(settings);
        var created = await Collections.CreateCollectionAsync(new CreateCollectionRequest
        {
            CollectionId = $"c{Guid.NewGuid():n}",
            Collection = new Collection { Settings = settings },
        });
        return created.Name;
    }

    /// <summary>Sends items of one camera in one unary block.</summary>
    public async Task<BatchCreateFacesResponse> SendAsync(string collection, string camera, params IngestItem[] items) =>
        await Ingest.BatchCreateFacesAsync(new BatchCreateFacesRequest { Parent = collection, Camera = camera, Items = { items } });

    public void Dispose() => _channel.Dispose();
}
