using FaceCluster.Gateway.Access;
using FaceCluster.Storage;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Metadata;

namespace FaceCluster.Silo.Access;

/// <summary>
/// The API keys of a data folder or of a database, for the command line. It works beside a running server, which notices changes within
/// <see cref="ApiKeyAuthenticator.RefreshPeriod"/>.
/// </summary>
public sealed class DataDirectoryKeys : IAsyncDisposable
{
    private readonly IMetadataStore _metadata;
    private readonly PostgresDatabase? _database;

    private DataDirectoryKeys(IMetadataStore metadata, PostgresDatabase? database = null)
    {
        _metadata = metadata;
        _database = database;
        Manager = new ApiKeyManager(new MetadataApiKeyStore(metadata, TimeProvider.System), TimeProvider.System);
    }

    /// <summary>Makes, lists and revokes keys.</summary>
    public ApiKeyManager Manager { get; }

    /// <summary>Opens the keys of a folder, creating it where it is missing.</summary>
    public static async Task<DataDirectoryKeys> OpenAsync(string dataDirectory, CancellationToken cancellationToken = default)
    {
        var path = MetadataPath(dataDirectory);
        return new DataDirectoryKeys(await SqliteMetadataStore.OpenAsync(path, cancellationToken));
    }

    /// <summary>Opens the keys of a cluster in PostgreSQL.</summary>
    public static async Task<DataDirectoryKeys> OpenDatabaseAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        var database = await PostgresDatabase.OpenAsync(new PostgresStorageOptions { ConnectionString = connectionString }, cancellationToken);
        return new DataDirectoryKeys(new PostgresMetadataStore(database), database);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _metadata.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private static string MetadataPath(string dataDirectory)
    {
        try
        {
            // Lays out a folder that is new; it is let go of again at once.
            using var data = DataDirectory.Open(dataDirectory);
            return data.MetadataPath;
        }
        catch (DataDirectoryInUseException inUse)
        {
            return Path.Combine(inUse.Path, "metadata.db");
        }
    }
}
