using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

internal sealed class SqliteRequestTable(SqliteWorker reader, SqliteWorker writer) : IRequestTable
{
    public Task<RequestRow?> FindAsync(string requestId, CancellationToken cancellationToken) =>
        reader.RunAsync(connection => Find(connection, requestId), cancellationToken);

    public Task<RequestRow> RecordAsync(RequestRow row, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            connection.Execute(
                """
                INSERT INTO requests (request_id, method, request_digest, response, expires_micros)
                VALUES ($id, $method, $digest, $response, $expires) ON CONFLICT DO NOTHING
                """,
                ("$id", row.RequestId),
                ("$method", row.Method),
                ("$digest", unchecked((long)row.RequestDigest)),
                ("$response", row.Response.ToArray()),
                ("$expires", row.ExpiresMicros));
            return Find(connection, row.RequestId)!;
        },
        cancellationToken);

    public Task<int> DeleteExpiredAsync(long nowMicros, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute("DELETE FROM requests WHERE expires_micros < $now", ("$now", nowMicros)), cancellationToken);

    public Task<int> DeleteHoldingAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute("DELETE FROM requests WHERE instr(response, $part) > 0", ("$part", part.ToArray())), cancellationToken);

    private static RequestRow? Find(SqliteConnection connection, string requestId) => connection.Query(
        Read,
        "SELECT request_id, method, request_digest, response, expires_micros FROM requests WHERE request_id = $id",
        ("$id", requestId)).FirstOrDefault();

    private static RequestRow Read(SqliteDataReader row) => new()
    {
        RequestId = row.GetString(0),
        Method = row.GetString(1),
        RequestDigest = unchecked((ulong)row.GetInt64(2)),
        Response = row.GetBytes(3),
        ExpiresMicros = row.GetInt64(4),
    };
}
