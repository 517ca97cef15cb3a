using System.Data;
using System.Globalization;
using FaceCluster.Storage.Records;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>Delivers a shard as one moment shows it, and checks that no record is missing.</summary>
internal sealed class ShardReading(ShardSession session, int dimension)
{
    private readonly RecordDecoder _decoder = new();

    /// <summary>The last record delivered.</summary>
    public long Lsn { get; private set; }

    /// <summary>The segments in order, filled with what was read; the last one is the one to write.</summary>
    public List<ShardSegment> Segments { get; private set; } = [];

    /// <summary>The segment that is being read.</summary>
    public ShardSegment? Reading { get; private set; }

    /// <summary>Bytes of the link records that no snapshot has taken up.</summary>
    public long LinkBytes { get; private set; }

    public async Task RunAsync(IShardReplay replay, CancellationToken cancellationToken)
    {
        await using var connection = await session.Database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var (transaction, lastLsn) = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var segment in Segments)
            {
                await ReadAsync(connection, segment, replay, cancellationToken).ConfigureAwait(false);
            }

            if (Lsn != lastLsn)
            {
                throw Corrupt(Segments[^1], Lsn, $"It ends with record {Lsn}, but {lastLsn} were durable.");
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the moment: the list of tables, none of which can go any more.</summary>
    private async Task<(NpgsqlTransaction Transaction, long LastLsn)> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            try
            {
                await session.CheckAsync(connection, forUpdate: false, cancellationToken).ConfigureAwait(false);
                var lastLsn = (await connection.QueryAsync(
                    row => row.GetInt64(0), "SELECT last_lsn FROM shards WHERE id = $1", [session.Id], cancellationToken).ConfigureAwait(false))[0];
                Segments = await connection.QueryAsync(
                    row => new ShardSegment(session.Id, row.GetInt32(0), row.GetInt64(1), row.GetBoolean(2)),
                    "SELECT segment, first_lsn, snapshot FROM shard_segments WHERE shard = $1 ORDER BY first_lsn, snapshot DESC, segment",
                    [session.Id],
                    cancellationToken).ConfigureAwait(false);
                var tables = string.Join(", ", Segments.Select(segment => segment.Table));
                await connection.ExecuteAsync($"LOCK TABLE {tables} IN ACCESS SHARE MODE", [], cancellationToken).ConfigureAwait(false);
                return (transaction, lastLsn);
            }
            catch (Exception error)
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
                if (!PostgresFailure.IsMissingTable(error))
                {
                    throw;
                }

                // A compaction ended between the list and the locks: the list is read again.
            }
        }
    }

    private async Task ReadAsync(NpgsqlConnection connection, ShardSegment segment, IShardReplay replay, CancellationToken cancellationToken)
    {
        if (segment.Snapshot ? Lsn != 0 : segment.FirstLsn != Lsn)
        {
            throw Corrupt(segment, segment.FirstLsn, $"It starts after record {segment.FirstLsn}, but the segments before it end with record {Lsn}.");
        }

        Reading = segment;
        var rowBytes = dimension * sizeof(float);
        await SegmentReader.ReadAsync(
            connection,
            segment.Table,
            null,
            (lsn, type, rows, body) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!segment.Snapshot && lsn != Lsn + 1)
                {
                    throw Corrupt(segment, lsn, $"Record {lsn} follows record {Lsn}.");
                }

                if (rows < 0 || (long)rows * rowBytes > body.Length)
                {
                    throw Corrupt(segment, lsn, $"{rows} rows do not fit {body.Length} bytes.");
                }

                Lsn = lsn;
                segment.Bytes += body.Length;
                segment.Records++;
                LinkBytes += type == RecordType.Links && !segment.Snapshot ? body.Length : 0;
                try
                {
                    _decoder.Deliver(type, lsn, body.AsMemory(0, rows * rowBytes), body.AsSpan(rows * rowBytes), replay);
                }
                catch (InvalidDataException error)
                {
                    throw Corrupt(segment, lsn, error.Message);
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (segment.Snapshot)
        {
            Lsn = segment.FirstLsn;
        }
    }

    private static ShardCorruptException Corrupt(ShardSegment segment, long lsn, string detail) =>
        new(segment.Table, lsn, string.Create(CultureInfo.InvariantCulture, $"{detail} (the offset is the record's number)"));
}
