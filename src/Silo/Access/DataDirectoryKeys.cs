using FaceCluster.Gateway.Access;
using FaceCluster.Storage;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;

namespace FaceCluster.Silo.Access;

/// <summary>
/// The API keys of a data folder, for the command line. It works beside a running server, which notices changes within
/// <see cref="ApiKeyAuthenticator.RefreshPeriod"/>.
/// </summary>
public sealed class DataDirectoryKeys : IAsyncDisposable
{
    private readonly IMetadataStore _metadata;

    private DataDirectoryKeys(IMetadataStore metadata)
    {
        _metadata = metadata;
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

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _metadata.DisposeAsync();

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
