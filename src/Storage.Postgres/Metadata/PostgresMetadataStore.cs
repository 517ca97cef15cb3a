using FaceCluster.Storage.Metadata;

namespace FaceCluster.Storage.Postgres.Metadata;

/// <summary>The metadata in PostgreSQL, shared by all processes of a cluster. Does not own the database it is given.</summary>
public sealed class PostgresMetadataStore : IMetadataStore
{
    private static readonly string[] Tables = ["collections", "identities", "identity_faces", "requests", "api_keys", "stored_values"];

    private readonly PostgresDatabase _database;
    private readonly PostgresTransactions _transactions;

    public PostgresMetadataStore(PostgresDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _transactions = new PostgresTransactions(database);
        Collections = new PostgresCollectionTable(_transactions);
        Identities = new PostgresIdentityTable(_transactions);
        Requests = new PostgresRequestTable(_transactions);
        ApiKeys = new PostgresApiKeyTable(_transactions);
        Values = new PostgresValueTable(_transactions);
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

    /// <inheritdoc/>
    /// <remarks>
    /// Rewrites the tables. What the database keeps beside them (write-ahead log, archives, standbys) ends by its own
    /// rules.
    /// </remarks>
    public Task ScrubAsync(CancellationToken cancellationToken = default) => _transactions.ReadAsync(
        async (connection, token) =>
        {
            foreach (var table in Tables)
            {
                await using var vacuum = connection.Sql($"VACUUM FULL {_database.Schema}.{table}");
                vacuum.CommandTimeout = 0;
                await vacuum.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _transactions.Close();
        return ValueTask.CompletedTask;
    }
}
