using FaceCluster.Silo;
using FaceCluster.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Bench.Ingest;

/// <summary>A whole server in this process with one collection, gone with its folder when disposed of.</summary>
internal sealed class BenchSystem : IAsyncDisposable
{
    /// <summary>The model that the embeddings claim to come from.</summary>
    public const string Model = "bench";

    private readonly DirectoryInfo _folder;

    private BenchSystem(FaceClusterServer server, DirectoryInfo folder, string parent) => (Server, _folder, Parent) = (server, folder, parent);

    public FaceClusterServer Server { get; }

    /// <summary>The collection as grains know it.</summary>
    public const string Collection = "bench";

    /// <summary>The collection's resource name.</summary>
    public string Parent { get; }

    /// <param name="shards">Shards of the collection.</param>
    /// <param name="linking">Whether faces are clustered.</param>
    /// <param name="durable">Whether faces outlive the process.</param>
    /// <param name="database">A PostgreSQL to keep them in, rather than in a folder.</param>
    public static async Task<BenchSystem> StartAsync(int shards, bool linking, bool durable = true, string? database = null)
    {
        var folder = Directory.CreateTempSubdirectory("facecluster-bench-");
        var server = await FaceClusterServer.StartAsync(new FaceClusterServerOptions
        {
            DataDirectory = folder.FullName,
            Storage = database is null ? new ServerStorageOptions() : new ServerStorageOptions { Kind = StorageKind.Postgres, ConnectionString = database },
            GrpcPort = 0,
            HttpPort = null,
            MemoryOnly = !durable,
            Inference = new InferenceOptions { Enabled = false },
            ConfigureLogging = static logging => logging.SetMinimumLevel(LogLevel.Error),
        });
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress);
        var collection = await new CollectionService.CollectionServiceClient(channel).CreateCollectionAsync(new CreateCollectionRequest
        {
            CollectionId = Collection,
            Collection = new V1.Collection
            {
                Settings = new CollectionSettings { ModelId = Model, ShardCount = shards, Clustering = new ClusteringSettings { Disabled = !linking } },
            },
        });
        return new BenchSystem(server, folder, collection.Name);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
