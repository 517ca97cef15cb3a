using FaceCluster.Membership;
using FaceCluster.Storage;
using FaceCluster.Storage.InMemory;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Metadata;
using FaceCluster.Storage.Postgres.Shards;
using FaceCluster.Vision;

namespace FaceCluster.Silo.Startup;

/// <summary>What a server opens before its host is built and closes after it has stopped, in reverse order.</summary>
internal sealed class ServerParts : IAsyncDisposable
{
    private readonly Stack<object> _open = new();

    private ServerParts()
    {
    }

    /// <summary>Where the data is, in words.</summary>
    public string DataPlace { get; private set; } = string.Empty;

    public IMetadataStore Metadata { get; private set; } = null!;

    public IShardStoreFactory Shards { get; private set; } = null!;

    /// <summary>What reads pictures; null where this server only takes embeddings.</summary>
    public VisionEngine? Vision { get; private set; }

    public VisionOptions? VisionOptions { get; private set; }

    public static async Task<ServerParts> OpenAsync(FaceClusterServerOptions options, CancellationToken cancellationToken)
    {
        var parts = new ServerParts();
        try
        {
            if (options.Storage.Kind == StorageKind.Postgres)
            {
                await parts.OpenPostgresAsync(options.Storage, cancellationToken);
            }
            else
            {
                await parts.OpenFolderAsync(options, cancellationToken);
            }

            await options.Membership.PrepareAsync(cancellationToken);
            if (options.ParsedRoles.HasFlag(SiloRoles.Inference) && InferenceStart.Load(options.Inference) is { } vision)
            {
                (parts.Vision, parts.VisionOptions) = (parts.Own(vision.Engine), vision.Options);
            }

            return parts;
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_open.TryPop(out var part))
        {
            if (part is IAsyncDisposable later)
            {
                await later.DisposeAsync();
            }
            else
            {
                ((IDisposable)part).Dispose();
            }
        }
    }

    private async Task OpenFolderAsync(FaceClusterServerOptions options, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            throw new ServerStartException($"{FaceClusterServerOptions.Section}:{nameof(options.DataDirectory)} is missing: name the folder of the data.");
        }

        if (options.Membership.Kind != MembershipKind.Local)
        {
            throw new ServerStartException("Several silos need a store that they share: set Server:Storage to PostgreSQL, too.");
        }

        var data = Own(DataDirectory.Open(options.DataDirectory));
        DataPlace = data.Path;
        Metadata = Own(await data.OpenMetadataAsync(cancellationToken));
        Shards = options.MemoryOnly ? new InMemoryShardStoreFactory() : Own(data.CreateShardStores());
    }

    private async Task OpenPostgresAsync(ServerStorageOptions options, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            throw new ServerStartException("Server:Storage:ConnectionString is missing: name the database.");
        }

        var database = Own(await PostgresDatabase.OpenAsync(
            new PostgresStorageOptions { ConnectionString = options.ConnectionString, Schema = options.Schema, MaxConnections = options.MaxConnections },
            cancellationToken));
        DataPlace = $"PostgreSQL, schema {options.Schema}";
        Metadata = Own(new PostgresMetadataStore(database));
        Shards = Own(new PostgresShardStoreFactory(database));
    }

    private T Own<T>(T part)
        where T : class
    {
        _open.Push(part);
        return part;
    }
}
