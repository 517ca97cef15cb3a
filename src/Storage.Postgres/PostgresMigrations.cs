using FaceCluster.Storage.Metadata;

namespace FaceCluster.Storage.Postgres;

/// <summary>Keeps a schema of its own at the version a program knows: for what shares the database but not the store's tables.</summary>
public static class PostgresMigrations
{
    /// <summary>
    /// Applies the steps that a schema has not seen yet, each once and in a transaction of its own; several processes may do
    /// so at once. Steps are never changed after they were released.
    /// </summary>
    /// <exception cref="MetadataFailedException">The database cannot be reached, or a newer program wrote the schema.</exception>
    public static async Task ApplyAsync(
        string connectionString, string schema, IReadOnlyList<string> steps, CancellationToken cancellationToken = default)
    {
        var options = new PostgresStorageOptions { ConnectionString = connectionString, Schema = schema };
        await using var database = await PostgresDatabase.OpenAsync(options, steps, cancellationToken).ConfigureAwait(false);
    }
}
