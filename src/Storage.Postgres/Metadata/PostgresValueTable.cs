using FaceCluster.Storage.Metadata;

namespace FaceCluster.Storage.Postgres.Metadata;

internal sealed class PostgresValueTable(PostgresTransactions transactions) : IValueTable
{
    public async Task<StoredValue?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var rows = await transactions.ReadAsync(
            (connection, token) => connection.QueryAsync(
                row => new StoredValue(row.GetFieldValue<byte[]>(0), row.GetInt64(1)),
                "SELECT value, version FROM stored_values WHERE key = $1",
                [key],
                token),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    public Task<long> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion, CancellationToken cancellationToken)
    {
        if (value.Length > IValueTable.MaxValueBytes)
        {
            throw new ArgumentException($"value has {value.Length} bytes, the limit is {IValueTable.MaxValueBytes}.", nameof(value));
        }

        var bytes = value.ToArray();
        var statement = expectedVersion switch
        {
            null => """
                INSERT INTO stored_values (key, value, version) VALUES ($1, $2, 1)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = stored_values.version + 1 RETURNING version
                """,
            0 => "INSERT INTO stored_values (key, value, version) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING RETURNING version",
            _ => "UPDATE stored_values SET value = $2, version = version + 1 WHERE key = $1 AND version = $3 RETURNING version",
        };
        object?[] parameters = expectedVersion is null or 0 ? [key, bytes] : [key, bytes, expectedVersion];
        return transactions.WriteAsync(
            async (connection, token) =>
            {
                var versions = await connection.QueryAsync(row => row.GetInt64(0), statement, parameters, token).ConfigureAwait(false);
                return versions is [var version]
                    ? version
                    : throw new MetadataConflictException(ConflictKind.Stale, $"The value '{key}' has not version {expectedVersion}.");
            },
            cancellationToken);
    }

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) => await connection.ExecuteAsync("DELETE FROM stored_values WHERE key = $1", [key], token).ConfigureAwait(false) == 1,
        cancellationToken);
}
