using FaceCluster.Storage;
using FaceCluster.Storage.Log;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using FaceCluster.Vision;

namespace FaceCluster.Silo.Startup;

/// <summary>What a server opens before its host is built and closes after it has stopped, in reverse order.</summary>
internal sealed class ServerParts : IAsyncDisposable
{
    private readonly SqliteMetadataStore _metadata;
    private readonly LogShardStoreFactory _shards;

    private ServerParts(DataDirectory data, SqliteMetadataStore metadata, (VisionEngine Engine, VisionOptions Options)? vision)
    {
        Data = data;
        Vision = vision?.Engine;
        VisionOptions = vision?.Options;
        _metadata = metadata;
        _shards = data.CreateShardStores();
    }

    public DataDirectory Data { get; }

    public IMetadataStore Metadata => _metadata;

    public IShardStoreFactory Shards => _shards;

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
            return new ServerParts(data, metadata, vision);
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

        await _shards.DisposeAsync();
        await _metadata.DisposeAsync();
        Data.Dispose();
    }
}
