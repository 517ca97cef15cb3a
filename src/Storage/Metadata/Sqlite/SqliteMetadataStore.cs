using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

/// <summary>
/// Metadata in one SQLite file: write-ahead log, full synchronisation, deleted content overwritten. One thread writes and
/// commits what waits together, one reads.
/// </summary>
public sealed class SqliteMetadataStore : IMetadataStore
{
    private readonly SqliteWorker _writer;
    private readonly SqliteWorker _reader;

    private SqliteMetadataStore(SqliteConnection writer, SqliteConnection reader)
    {
        _writer = new SqliteWorker(writer, writes: true, "metadata writer");
        _reader = new SqliteWorker(reader, writes: false, "metadata reader");
        Collections = new SqliteCollectionTable(_reader, _writer);
        Identities = new SqliteIdentityTable(_reader, _writer);
        Requests = new SqliteRequestTable(_reader, _writer);
        ApiKeys = new SqliteApiKeyTable(_reader, _writer);
        Values = new SqliteValueTable(_reader, _writer);
    }

    /// <inheritdoc/>
    public ICollectionTable Collections { get; }

    /// <inheritdoc/>
    public IIdentityTable Identities { get; }

    /// <inheritdoc/>
    public IRequestTable Requests { get; }

    /// <inheritdoc/>
    public IApiKeyTable ApiKeys { get; }

    /// <inheritdoc/>
    public IValueTable Values { get; }

    /// <summary>Opens the file, creating it or bringing its schema up to date where needed.</summary>
    /// <exception cref="MetadataFailedException">The file cannot be opened, is damaged, or a newer program wrote it.</exception>
    public static Task<SqliteMetadataStore> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => Open(path, SqliteSchema.Steps), cancellationToken);
    }

    /// <summary>A store that lives in memory until it is disposed, for tests.</summary>
    public static Task<SqliteMetadataStore> OpenInMemoryAsync(CancellationToken cancellationToken = default) =>
        OpenAsync($"file:{Guid.NewGuid():N}?mode=memory&cache=shared", cancellationToken);

    /// <inheritdoc/>
    public async Task ScrubAsync(CancellationToken cancellationToken = default)
    {
        // The log can only be emptied while nobody reads it, so the reader's thread stands still meanwhile.
        var parked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var resume = new ManualResetEventSlim();
        var reading = _reader.RunAsync(
            _ =>
            {
                parked.SetResult();
                resume.Wait();
                return true;
            },
            CancellationToken.None);
        await parked.Task.ConfigureAwait(false);
        try
        {
            await _writer.RunAsync(Scrub, cancellationToken, alone: true).ConfigureAwait(false);
        }
        finally
        {
            resume.Set();
            await reading.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    internal static SqliteMetadataStore Open(string path, IReadOnlyList<string> schema)
    {
        SqliteConnection? writer = null;
        SqliteConnection? reader = null;
        try
        {
            writer = Connect(path, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000;");
            SqliteSchema.Migrate(writer, schema);
            reader = Connect(path, "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;");
            return new SqliteMetadataStore(writer, reader);
        }
        catch (Exception error)
        {
            reader?.Dispose();
            writer?.Dispose();
            if (error is SqliteException)
            {
                throw new MetadataFailedException($"'{path}' cannot be opened: {error.Message}", error);
            }

            throw;
        }
    }

    private static SqliteConnection Connect(string path, string settings)
    {
        // Pooled connections would keep the file open after disposal.
        var options = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 };
        var connection = new SqliteConnection(options.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute(settings);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static bool Scrub(SqliteConnection connection)
    {
        // Overwriting on deletion leaves copies that a page split made earlier; the rewrite leaves nothing. The log that
        // still holds the old pages is then emptied, which fails while a reader stands in it.
        connection.Execute("VACUUM");
        var busy = connection.Query(row => row.GetInt32(0), "PRAGMA wal_checkpoint(TRUNCATE)")[0];
        return busy == 0 ? true : throw new MetadataFailedException("The write-ahead log is still being read; repeat the call.");
    }
}
