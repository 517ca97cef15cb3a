using FaceCluster.Storage.Metadata;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Metadata;

internal sealed class PostgresApiKeyTable(PostgresTransactions transactions) : IApiKeyTable
{
    private const string Columns = "id, hash, scopes, note, created_micros, revoked_micros";

    public Task CreateAsync(ApiKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Scopes.Any(scope => scope.Contains(' ', StringComparison.Ordinal) || scope.Length == 0))
        {
            throw new ArgumentException("Scopes: a scope is a word without spaces.", nameof(row));
        }

        return transactions.WriteAsync(
            async (connection, token) =>
            {
                var added = await connection.ExecuteAsync(
                    $"INSERT INTO api_keys ({Columns}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                    [
                        row.Id, row.Hash.ToArray(), string.Join(' ', row.Scopes), row.Note, row.CreatedMicros,
                        PostgresCommands.Typed(row.RevokedMicros, NpgsqlTypes.NpgsqlDbType.Bigint),
                    ],
                    token).ConfigureAwait(false);
                return added == 1
                    ? true
                    : throw new MetadataConflictException(ConflictKind.AlreadyExists, $"An API key '{row.Id}' exists already.");
            },
            cancellationToken);
    }

    public Task<ApiKeyRow?> FindAsync(string id, CancellationToken cancellationToken) => transactions.ReadAsync(
        async (connection, token) => (await connection.QueryAsync(
            Read, $"SELECT {Columns} FROM api_keys WHERE id = $1", [id], token).ConfigureAwait(false)).FirstOrDefault(),
        cancellationToken);

    public Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlyList<ApiKeyRow>>(
        async (connection, token) => await connection.QueryAsync(
            Read, $"SELECT {Columns} FROM api_keys ORDER BY created_micros, id", [], token).ConfigureAwait(false),
        cancellationToken);

    public Task<bool> RevokeAsync(string id, long revokedMicros, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) => await connection.ExecuteAsync(
            "UPDATE api_keys SET revoked_micros = $1 WHERE id = $2 AND revoked_micros IS NULL", [revokedMicros, id], token).ConfigureAwait(false) == 1,
        cancellationToken);

    private static ApiKeyRow Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Hash = row.GetFieldValue<byte[]>(1),
        Scopes = row.GetString(2).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Note = row.GetString(3),
        CreatedMicros = row.GetInt64(4),
        RevokedMicros = row.IsDBNull(5) ? null : row.GetInt64(5),
    };
}
