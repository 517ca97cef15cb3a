using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

internal sealed class SqliteCollectionTable(SqliteWorker reader, SqliteWorker writer) : ICollectionTable
{
    private const string Columns = "name, uid, model_id, settings, shard_map, created_micros, revision, deleted_micros";

    public Task CreateAsync(CollectionRow row, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            connection.Insert(
                ConflictKind.AlreadyExists,
                $"A collection named '{row.Name}' exists already.",
                $"INSERT INTO collections ({Columns}) VALUES ($name, $uid, $model, $settings, $map, $created, $revision, $deleted)",
                ("$name", row.Name),
                ("$uid", row.Uid.ToByteArray()),
                ("$model", row.ModelId),
                ("$settings", row.SettingsJson),
                ("$map", row.ShardMapJson),
                ("$created", row.CreatedMicros),
                ("$revision", row.Revision),
                ("$deleted", row.DeletedMicros));
            return true;
        },
        cancellationToken);

    public Task<CollectionRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        reader.RunAsync(connection => Find(connection, name), cancellationToken);

    public Task<IReadOnlyList<CollectionRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return reader.RunAsync<IReadOnlyList<CollectionRow>>(
            connection => connection.Query(
                Read,
                $"SELECT {Columns} FROM collections WHERE name > $after ORDER BY name LIMIT $limit",
                ("$after", after ?? ""),
                ("$limit", limit)),
            cancellationToken);
    }

    public Task<CollectionRow> UpdateAsync(CollectionRow row, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            var changed = connection.Execute(
                "UPDATE collections SET settings = $settings, shard_map = $map, revision = revision + 1 WHERE name = $name AND revision = $revision",
                ("$settings", row.SettingsJson),
                ("$map", row.ShardMapJson),
                ("$name", row.Name),
                ("$revision", row.Revision));
            var stored = Find(connection, row.Name)
                ?? throw new MetadataConflictException(ConflictKind.NotFound, $"There is no collection named '{row.Name}'.");
            return changed == 1
                ? stored
                : throw new MetadataConflictException(
                    ConflictKind.Stale, $"Collection '{row.Name}' has revision {stored.Revision}, not {row.Revision}.");
        },
        cancellationToken);

    public Task<bool> MarkDeletedAsync(string name, long deletedMicros, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute(
            "UPDATE collections SET deleted_micros = $now, revision = revision + 1 WHERE name = $name AND deleted_micros IS NULL",
            ("$now", deletedMicros),
            ("$name", name)) == 1,
        cancellationToken);

    public Task<bool> PurgeAsync(string name, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            var purged = connection.Execute("DELETE FROM collections WHERE name = $name AND deleted_micros IS NOT NULL", ("$name", name)) == 1;
            if (purged)
            {
                connection.Execute("DELETE FROM identities WHERE collection = $name", ("$name", name));
            }

            return purged;
        },
        cancellationToken);

    private static CollectionRow? Find(SqliteConnection connection, string name) =>
        connection.Query(Read, $"SELECT {Columns} FROM collections WHERE name = $name", ("$name", name)).FirstOrDefault();

    private static CollectionRow Read(SqliteDataReader row) => new()
    {
        Name = row.GetString(0),
        Uid = new Guid(row.GetBytes(1)),
        ModelId = row.GetString(2),
        SettingsJson = row.GetString(3),
        ShardMapJson = row.GetString(4),
        CreatedMicros = row.GetInt64(5),
        Revision = row.GetInt64(6),
        DeletedMicros = row.GetNullableInt64(7),
    };
}
