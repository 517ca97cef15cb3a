using System.Diagnostics;
using FaceCluster.Robustness.Load;
using FaceCluster.Testing;
using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Robustness.Measure;

/// <summary>
/// What a database takes of the rows of a shard by plain binary COPY: no fencing, no groups to wait for, the same bytes
/// made once and sent again and again. Nothing that stores the same rows can be faster.
/// </summary>
internal static class PlainCopy
{
    /// <summary>Embeddings of one row, as the store writes a block.</summary>
    public const int BlockSize = 32;

    private const int Connections = 4;
    private const int RowsPerCommit = 32;

    /// <summary>Embeddings a second.</summary>
    public static async Task<double> RunAsync(PostgresServer server, TimeSpan duration, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Connections; i++)
        {
            await server.SqlAsync(
                $"DROP TABLE IF EXISTS rows_{i}; CREATE TABLE rows_{i} (lsn bigint, part integer, epoch bigint, type smallint, rows integer, body bytea, PRIMARY KEY (lsn, part, epoch)); ALTER TABLE rows_{i} ALTER COLUMN body SET STORAGE EXTERNAL");
        }

        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => Task.Run(() => FillAsync(server, i, duration, cancellationToken), cancellationToken)));
        var perSecond = counts.Sum() * (double)BlockSize / Stopwatch.GetElapsedTime(started).TotalSeconds;
        for (var i = 0; i < Connections; i++)
        {
            await server.SqlAsync($"DROP TABLE rows_{i}");
        }

        return perSecond;
    }

    private static async Task<long> FillAsync(PostgresServer server, int table, TimeSpan duration, CancellationToken cancellationToken)
    {
        // The embeddings and about what the store notes of their items beside them.
        var body = new byte[(BlockSize * People.Dimension * sizeof(float)) + 1900];
        new Random(table).NextBytes(body);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var lsn = 0L;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            // A commit after every 32 rows: about what a group of the store is under load.
            await using var import = await connection.BeginBinaryImportAsync($"COPY rows_{table} FROM STDIN (FORMAT BINARY)", cancellationToken);
            for (var i = 0; i < RowsPerCommit; i++)
            {
                await import.StartRowAsync(cancellationToken);
                await import.WriteAsync(++lsn, NpgsqlDbType.Bigint, cancellationToken);
                await import.WriteAsync(0, NpgsqlDbType.Integer, cancellationToken);
                await import.WriteAsync(1L, NpgsqlDbType.Bigint, cancellationToken);
                await import.WriteAsync((short)1, NpgsqlDbType.Smallint, cancellationToken);
                await import.WriteAsync(BlockSize, NpgsqlDbType.Integer, cancellationToken);
                await import.WriteAsync(body, NpgsqlDbType.Bytea, cancellationToken);
            }

            await import.CompleteAsync(cancellationToken);
        }

        return lsn;
    }
}
