using FaceCluster.Storage;
using FaceCluster.Storage.InMemory;
using FaceCluster.Storage.Log;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using FaceCluster.Vision;

namespace FaceCluster.Silo.Startup;

/// <summary>What a server opens before its host is built and closes after it has stopped, in reverse order.</summary>
internal sealed class ServerParts : IAsyncDisposable
{
    private readonly SqliteMetadataStore _metadata;
    private readonly LogShardStoreFactory? _log;

    private ServerParts(DataDirectory data, SqliteMetadataStore metadata, (VisionEngine Engine, VisionOptions Options)? vision, bool memoryOnly)
    {
        Data = data;
        Vision = vision?.Engine;
        VisionOptions = vision?.Options;
        _metadata = metadata;
        _log = memoryOnly ? null : data.CreateShardStores();
        Shards = _log ?? (IShardStoreFactory)new InMemoryShardStoreFactory();
    }

    public DataDirectory Data { get; }

    public IMetadataStore Metadata => _metadata;

    public IShardStoreFactory Shards { get; }

    /// <summary>What reads pictures; null where this server only takes embeddings.</summary>
    public VisionEngine? Vision { get; }

    public VisionOptions? VisionOptions { get; }

    public static async Task<ServerParts> OpenAsync(FaceClusterServerOptions options, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            throw new ServerStartException($"{FaceClusterServerOptions.Section}:{nameof(options.DataDirectory)} is missing: name the folder of the data.");
        }

        var data = DataDirectory.Open(options.DataDirectory);
        SqliteMetadataStore? metadata = null;
        (VisionEngine Engine, VisionOptions Options)? vision = null;
        try
        {
            metadata = await data.OpenMetadataAsync(cancellationToken);
            vision = InferenceStart.Load(options.Inference);
            return new ServerParts(data, metadata, vision, options.MemoryOnly);
        }
        catch
        {
            if (vision is { } loaded)
            {
                await loaded.Engine.DisposeAsync();
            }

            if (metadata is not null)
            {
                await metadata.DisposeAsync();
            }

            data.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Vision is not null)
        {
            await Vision.DisposeAsync();
        }

        if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        await _metadata.DisposeAsync();
        Data.Dispose();
    }
}
