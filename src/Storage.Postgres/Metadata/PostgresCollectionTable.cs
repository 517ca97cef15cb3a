using FaceCluster.Storage.Metadata;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Metadata;

internal sealed class PostgresCollectionTable(PostgresTransactions transactions) : ICollectionTable
{
    private const string Columns = "name, uid, model_id, settings, shard_map, created_micros, revision, deleted_micros";

    public Task CreateAsync(CollectionRow row, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var added = await connection.ExecuteAsync(
                $"INSERT INTO collections ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                [
                    row.Name, row.Uid, row.ModelId, row.SettingsJson, row.ShardMapJson, row.CreatedMicros, row.Revision,
                    PostgresCommands.Typed(row.DeletedMicros, NpgsqlTypes.NpgsqlDbType.Bigint),
                ],
                token).ConfigureAwait(false);
            return added == 1
                ? true
                : throw new MetadataConflictException(ConflictKind.AlreadyExists, $"A collection named '{row.Name}' exists already.");
        },
        cancellationToken);

    public Task<CollectionRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        transactions.ReadAsync((connection, token) => FindAsync(connection, name, token), cancellationToken);

    public Task<IReadOnlyList<CollectionRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return transactions.ReadAsync<IReadOnlyList<CollectionRow>>(
            async (connection, token) => await connection.QueryAsync(
                Read, $"SELECT {Columns} FROM collections WHERE name > $1 ORDER BY name LIMIT $2", [after ?? string.Empty, limit], token).ConfigureAwait(false),
            cancellationToken);
    }

    public Task<CollectionRow> UpdateAsync(CollectionRow row, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var changed = await connection.ExecuteAsync(
                "UPDATE collections SET settings = $1, shard_map = $2, revision = revision + 1 WHERE name = $3 AND revision = $4",
                [row.SettingsJson, row.ShardMapJson, row.Name, row.Revision],
                token).ConfigureAwait(false);
            var stored = await FindAsync(connection, row.Name, token).ConfigureAwait(false)
                ?? throw new MetadataConflictException(ConflictKind.NotFound, $"There is no collection named '{row.Name}'.");
            return changed == 1
                ? stored
                : throw new MetadataConflictException(
                    ConflictKind.Stale, $"Collection '{row.Name}' has revision {stored.Revision}, not {row.Revision}.");
        },
        cancellationToken);

    public Task<bool> MarkDeletedAsync(string name, long deletedMicros, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) => await connection.ExecuteAsync(
            "UPDATE collections SET deleted_micros = $1, revision = revision + 1 WHERE name = $2 AND deleted_micros IS NULL",
            [deletedMicros, name],
            token).ConfigureAwait(false) == 1,
        cancellationToken);

    public Task<bool> PurgeAsync(string name, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var purged = await connection.ExecuteAsync(
                "DELETE FROM collections WHERE name = $1 AND deleted_micros IS NOT NULL", [name], token).ConfigureAwait(false) == 1;
            if (purged)
            {
                await connection.ExecuteAsync("DELETE FROM identities WHERE collection = $1", [name], token).ConfigureAwait(false);
            }

            return purged;
        },
        cancellationToken);

    private static async Task<CollectionRow?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(Read, $"SELECT {Columns} FROM collections WHERE name = $1", [name], cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    private static CollectionRow Read(NpgsqlDataReader row) => new()
    {
        Name = row.GetString(0),
        Uid = row.GetGuid(1),
        ModelId = row.GetString(2),
        SettingsJson = row.GetString(3),
        ShardMapJson = row.GetString(4),
        CreatedMicros = row.GetInt64(5),
        Revision = row.GetInt64(6),
        DeletedMicros = row.IsDBNull(7) ? null : row.GetInt64(7),
    };
}
