using FaceCluster.Storage.Records;
using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>Reads the records of a segment by binary COPY, in order.</summary>
internal static class SegmentReader
{
    /// <summary>What one record is given to.</summary>
    public delegate void Receive(long lsn, RecordType type, int rows, byte[] body);

    /// <param name="connection">A connection whose transaction shows the state to read.</param>
    /// <param name="table">The segment's table.</param>
    /// <param name="where">A condition, or null for all records.</param>
    /// <param name="receive">Called once per record.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task ReadAsync(NpgsqlConnection connection, string table, string? where, Receive receive, CancellationToken cancellationToken)
    {
        var condition = where is null ? string.Empty : $"WHERE {where}";
        var export = await connection.BeginBinaryExportAsync(
            $"COPY (SELECT lsn, type, rows, body FROM {table} {condition} ORDER BY lsn, part) TO STDOUT (FORMAT BINARY)",
            cancellationToken).ConfigureAwait(false);
        await using (export.ConfigureAwait(false))
        {
            while (await export.StartRowAsync(cancellationToken).ConfigureAwait(false) >= 0)
            {
                var lsn = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                var type = (RecordType)await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancellationToken).ConfigureAwait(false);
                var rows = await export.ReadAsync<int>(NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                receive(lsn, type, rows, await export.ReadAsync<byte[]>(NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false));
            }
        }
    }
}
