using FaceCluster.Storage;
using FaceCluster.Storage.InMemory;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;

namespace FaceCluster.Silo.Startup;

/// <summary>What a server opens before its host is built and closes after it has stopped, in reverse order.</summary>
internal sealed class ServerParts(DataDirectory data) : IAsyncDisposable
{
    private SqliteMetadataStore? _metadata;
    private IShardStoreFactory? _shards;

    public DataDirectory Data => data;

    public IMetadataStore Metadata => _metadata ?? throw new InvalidOperationException("The parts are not open.");

    public IShardStoreFactory Shards => _shards ?? throw new InvalidOperationException("The parts are not open.");

    public async Task OpenAsync(FaceClusterServerOptions options, CancellationToken cancellationToken)
    {
        _metadata = await SqliteMetadataStore.OpenAsync(data.MetadataFile, cancellationToken);
        _shards = new InMemoryShardStoreFactory();
    }

    public async ValueTask DisposeAsync()
    {
        if (_shards is IAsyncDisposable shards)
        {
            await shards.DisposeAsync();
        }

        if (_metadata is not null)
        {
            await _metadata.DisposeAsync();
        }

        data.Dispose();
    }
}
