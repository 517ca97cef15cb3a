namespace FaceCluster.Storage.Metadata.Sqlite;

internal sealed class SqliteValueTable(SqliteWorker reader, SqliteWorker writer) : IValueTable
{
    public async Task<StoredValue?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var rows = await reader.RunAsync(
            connection => connection.Query(
                row => new StoredValue(row.GetBytes(0), row.GetInt64(1)),
                """SELECT value, version FROM "values" WHERE key = $key""",
                ("$key", key)),
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
        return writer.RunAsync(
            connection =>
            {
                var version = connection.Query(
                    row => row.GetInt64(0), """SELECT version FROM "values" WHERE key = $key""", ("$key", key)).FirstOrDefault();
                if (expectedVersion is { } expected && expected != version)
                {
                    throw new MetadataConflictException(ConflictKind.Stale, $"The value '{key}' has version {version}, not {expected}.");
                }

                connection.Execute(
                    """
                    INSERT INTO "values" (key, value, version) VALUES ($key, $value, $version)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version
                    """,
                    ("$key", key),
                    ("$value", bytes),
                    ("$version", version + 1));
                return version + 1;
            },
            cancellationToken);
    }

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute("""DELETE FROM "values" WHERE key = $key""", ("$key", key)) == 1, cancellationToken);
}
