using FaceCluster.Storage.Metadata;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Schema;

/// <summary>
/// The schema as a list of steps, each applied once and never changed after it was released; their count is the version.
/// There is no way back. One process at a time migrates: the others wait for its lock.
/// </summary>
internal static partial class PostgresSchema
{
    /// <summary>Brings a schema to the newest version, each step in a transaction of its own.</summary>
    /// <exception cref="MetadataFailedException">A newer program wrote it.</exception>
    public static async Task MigrateAsync(
        NpgsqlConnection connection, string schema, IReadOnlyList<string> steps, CancellationToken cancellationToken)
    {
        // Also from the pool's point of view the lock belongs to this connection: it goes with it, however it ends.
        await connection.ExecuteAsync("SELECT pg_advisory_lock(hashtextextended($1, 0))", [LockName(schema)], cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.ExecuteAsync(
                $"""
                CREATE SCHEMA IF NOT EXISTS "{schema}";
                CREATE TABLE IF NOT EXISTS "{schema}".schema_versions (
                    version integer PRIMARY KEY,
                    applied_at timestamptz NOT NULL DEFAULT now()
                );
                """,
                [],
                cancellationToken).ConfigureAwait(false);
            var applied = (await connection.QueryAsync(
                row => row.GetInt32(0), $"""SELECT coalesce(max(version), 0) FROM "{schema}".schema_versions""", [], cancellationToken).ConfigureAwait(false))[0];
            if (applied > steps.Count)
            {
                throw new MetadataFailedException(
                    $"The schema '{schema}' has version {applied}; this program knows versions up to {steps.Count}. Use a newer program.");
            }

            for (var version = applied + 1; version <= steps.Count; version++)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await connection.ExecuteAsync($"""SET LOCAL search_path = "{schema}" """, [], cancellationToken).ConfigureAwait(false);
                await connection.ExecuteAsync(steps[version - 1], [], cancellationToken).ConfigureAwait(false);
                await connection.ExecuteAsync("INSERT INTO schema_versions (version) VALUES ($1)", [version], cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await connection.ExecuteAsync(
                    "SELECT pg_advisory_unlock(hashtextextended($1, 0))", [LockName(schema)], CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static string LockName(string schema) => $"facecluster schema {schema}";
}
