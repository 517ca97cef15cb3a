using FaceCluster.Storage.Metadata;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Metadata;

internal sealed class PostgresRequestTable(PostgresTransactions transactions) : IRequestTable
{
    public Task<RequestRow?> FindAsync(string requestId, CancellationToken cancellationToken) =>
        transactions.ReadAsync((connection, token) => FindAsync(connection, requestId, token), cancellationToken);

    public Task<RequestRow> RecordAsync(RequestRow row, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO requests (request_id, method, request_digest, response, expires_micros)
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
                """,
                [row.RequestId, row.Method, unchecked((long)row.RequestDigest), row.Response.ToArray(), row.ExpiresMicros],
                token).ConfigureAwait(false);
            return (await FindAsync(connection, row.RequestId, token).ConfigureAwait(false))!;
        },
        cancellationToken);

    public Task<int> DeleteExpiredAsync(long nowMicros, CancellationToken cancellationToken) => transactions.WriteAsync(
        (connection, token) => connection.ExecuteAsync("DELETE FROM requests WHERE expires_micros < $1", [nowMicros], token), cancellationToken);

    public Task<int> DeleteHoldingAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken) => transactions.WriteAsync(
        (connection, token) => connection.ExecuteAsync("DELETE FROM requests WHERE position($1 IN response) > 0", [part.ToArray()], token), cancellationToken);

    private static async Task<RequestRow?> FindAsync(NpgsqlConnection connection, string requestId, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(
            row => new RequestRow
            {
                RequestId = row.GetString(0),
                Method = row.GetString(1),
                RequestDigest = unchecked((ulong)row.GetInt64(2)),
                Response = row.GetFieldValue<byte[]>(3),
                ExpiresMicros = row.GetInt64(4),
            },
            "SELECT request_id, method, request_digest, response, expires_micros FROM requests WHERE request_id = $1",
            [requestId],
            cancellationToken).ConfigureAwait(false)).FirstOrDefault();
}
