using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

internal sealed class SqliteApiKeyTable(SqliteWorker reader, SqliteWorker writer) : IApiKeyTable
{
    private const string Columns = "id, hash, scopes, note, created_micros, revoked_micros";

    public Task CreateAsync(ApiKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Scopes.Any(scope => scope.Contains(' ', StringComparison.Ordinal) || scope.Length == 0))
        {
            throw new ArgumentException("Scopes: a scope is a word without spaces.", nameof(row));
        }

        return writer.RunAsync(
            connection =>
            {
                connection.Insert(
                    ConflictKind.AlreadyExists,
                    $"An API key '{row.Id}' exists already.",
                    $"INSERT INTO api_keys ({Columns}) VALUES ($id, $hash, $scopes, $note, $created, $revoked)",
                    ("$id", row.Id),
                    ("$hash", row.Hash.ToArray()),
                    ("$scopes", string.Join(' ', row.Scopes)),
                    ("$note", row.Note),
                    ("$created", row.CreatedMicros),
                    ("$revoked", row.RevokedMicros));
                return true;
            },
            cancellationToken);
    }

    public Task<ApiKeyRow?> FindAsync(string id, CancellationToken cancellationToken) => reader.RunAsync(
        connection => connection.Query(Read, $"SELECT {Columns} FROM api_keys WHERE id = $id", ("$id", id)).FirstOrDefault(),
        cancellationToken);

    public Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken) => reader.RunAsync<IReadOnlyList<ApiKeyRow>>(
        connection => connection.Query(Read, $"SELECT {Columns} FROM api_keys ORDER BY created_micros, id"), cancellationToken);

    public Task<bool> RevokeAsync(string id, long revokedMicros, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute(
            "UPDATE api_keys SET revoked_micros = $now WHERE id = $id AND revoked_micros IS NULL", ("$now", revokedMicros), ("$id", id)) == 1,
        cancellationToken);

    private static ApiKeyRow Read(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Hash = row.GetBytes(1),
        Scopes = row.GetString(2).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Note = row.GetString(3),
        CreatedMicros = row.GetInt64(4),
        RevokedMicros = row.GetNullableInt64(5),
    };
}
