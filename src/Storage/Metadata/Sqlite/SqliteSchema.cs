using System.Globalization;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

/// <summary>
/// The schema as a list of steps, each applied once and never changed after it was released. The number of steps applied
/// is the <c>user_version</c> of the file. There is no way back.
/// </summary>
internal static class SqliteSchema
{
    public static IReadOnlyList<string> Steps { get; } =
    [
        """
        CREATE TABLE collections (
            name TEXT PRIMARY KEY,
            uid BLOB NOT NULL,
            model_id TEXT NOT NULL,
            settings TEXT NOT NULL,
            shard_map TEXT NOT NULL,
            created_micros INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            deleted_micros INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE identities (
            number INTEGER PRIMARY KEY,
            collection TEXT NOT NULL,
            id TEXT NOT NULL,
            display_name TEXT NOT NULL,
            labels TEXT NOT NULL,
            created_micros INTEGER NOT NULL,
            updated_micros INTEGER NOT NULL,
            etag TEXT NOT NULL,
            template BLOB NOT NULL,
            UNIQUE (collection, id)
        ) STRICT;

        CREATE TABLE identity_faces (
            identity INTEGER NOT NULL REFERENCES identities (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            collection TEXT NOT NULL,
            face BLOB NOT NULL,
            weight REAL NOT NULL,
            PRIMARY KEY (identity, position),
            UNIQUE (collection, face)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE requests (
            request_id TEXT PRIMARY KEY,
            method TEXT NOT NULL,
            request_digest INTEGER NOT NULL,
            response BLOB NOT NULL,
            expires_micros INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX requests_by_expiry ON requests (expires_micros);

        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            hash BLOB NOT NULL,
            scopes TEXT NOT NULL,
            note TEXT NOT NULL,
            created_micros INTEGER NOT NULL,
            revoked_micros INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE "values" (
            key TEXT PRIMARY KEY,
            value BLOB NOT NULL,
            version INTEGER NOT NULL
        ) STRICT;
        """,
    ];

    /// <summary>Brings the file to the newest version, each step in a transaction of its own.</summary>
    /// <exception cref="MetadataFailedException">A newer program wrote the file.</exception>
    public static void Migrate(SqliteConnection connection, IReadOnlyList<string> steps)
    {
        using var version = connection.CreateCommand();
        version.CommandText = "PRAGMA user_version";
        var applied = Convert.ToInt32(version.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (applied > steps.Count)
        {
            throw new MetadataFailedException(
                $"'{connection.DataSource}' has schema version {applied}; this program knows versions up to {steps.Count}. Use a newer program.");
        }

        for (var step = applied; step < steps.Count; step++)
        {
            using var transaction = connection.BeginTransaction();
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"{steps[step]}\nPRAGMA user_version = {step + 1};");
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }
}
