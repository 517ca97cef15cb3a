using FaceCluster.Core;
using FaceCluster.Storage.Compaction;
using FaceCluster.Storage.Records;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>
/// Rewrites the closed segments of a shard as one snapshot without deleted faces. Records that hold none of those never
/// leave the database.
/// </summary>
internal sealed class ShardCompaction(ShardSession session, ShardSegments segments, RowLocations locations, int dimension)
{
    private readonly List<(FaceId Face, RowLocation Location)> _moved = [];
    private long _bytes;

    /// <param name="lsn">The record up to which the closed segments cover everything.</param>
    /// <param name="cancellationToken">Ends the work; then nothing changed.</param>
    public async Task RunAsync(long lsn, CancellationToken cancellationToken)
    {
        await DropReplacedAsync(cancellationToken).ConfigureAwait(false);
        var sources = segments.Closed();
        if (sources.Count == 0 || (sources is [{ Snapshot: true } only] && only.FirstLsn == lsn))
        {
            return;
        }

        var live = await ReadLinksAsync(sources, cancellationToken).ConfigureAwait(false);
        var snapshot = segments.Next(lsn, snapshot: true);
        try
        {
            await session.Database.RepeatAsync(
                async token =>
                {
                    await WriteAsync(sources, snapshot, live, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            await session.Database.RepeatAsync(
                async token =>
                {
                    await session.OwnedAsync(connection => SwapAsync(connection, sources, snapshot, token), token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await TryDropUnusedAsync(snapshot).ConfigureAwait(false);
            throw;
        }

        // First where to read, then what to read no more: who still looks in an old table finds it gone and looks again.
        snapshot.Bytes = _bytes;
        locations.Rewritten(_moved, live.Deleted);
        segments.Replace(sources, snapshot);
        await DropReplacedAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<LiveState> ReadLinksAsync(List<ShardSegment> sources, CancellationToken cancellationToken)
    {
        var live = new LiveState();
        var decoder = new RecordDecoder();
        await using var connection = await session.Database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await session.CheckAsync(connection, forUpdate: false, cancellationToken).ConfigureAwait(false);
        foreach (var source in sources)
        {
            await SegmentReader.ReadAsync(
                connection,
                source.Table,
                $"type <> {(int)RecordType.Append}",
                (lsn, type, _, body) => decoder.Deliver(type, lsn, default, body, live),
                cancellationToken).ConfigureAwait(false);
        }

        return live;
    }

    private async Task WriteAsync(List<ShardSegment> sources, ShardSegment snapshot, LiveState live, CancellationToken cancellationToken)
    {
        _moved.Clear();
        _bytes = 0;
        var dying = locations.RecordsOf(live.Deleted);
        await using var connection = await session.Database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync($"DROP TABLE IF EXISTS {snapshot.Table}", [], cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(ShardSegment.Create(snapshot.Table), [], cancellationToken).ConfigureAwait(false);
        foreach (var source in sources)
        {
            await using var copy = connection.Sql(
                $"""
                INSERT INTO {snapshot.Table} SELECT * FROM {source.Table}
                WHERE type = {(int)RecordType.Append} AND NOT (lsn = ANY ($1))
                """,
                dying);
            copy.CommandTimeout = 0;
            await copy.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            await RewriteAsync(connection, source, snapshot, dying, live, cancellationToken).ConfigureAwait(false);
        }

        await WriteStateAsync(connection, snapshot, live, cancellationToken).ConfigureAwait(false);
        await using var size = connection.Sql($"SELECT coalesce(sum(length(body)), 0)::bigint FROM {snapshot.Table}");
        size.CommandTimeout = 0;
        _bytes = (long)(await size.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RewriteAsync(
        NpgsqlConnection connection, ShardSegment source, ShardSegment snapshot, long[] dying, LiveState live, CancellationToken cancellationToken)
    {
        var decoder = new RecordDecoder();
        using var blocks = new BlockRewriter(dimension, live.Deleted);
        foreach (var lsns in dying.Chunk(64))
        {
            var rewritten = new List<ShardRecord>();
            try
            {
                var bodies = await connection.QueryAsync(
                    row => (Lsn: row.GetInt64(0), Rows: row.GetInt32(1), Body: row.GetFieldValue<byte[]>(2)),
                    $"SELECT lsn, rows, body FROM {source.Table} WHERE type = {(int)RecordType.Append} AND lsn = ANY ($1)",
                    [lsns],
                    cancellationToken).ConfigureAwait(false);
                foreach (var (lsn, rows, body) in bodies)
                {
                    var capture = new Capture();
                    var bytes = rows * dimension * sizeof(float);
                    decoder.Deliver(RecordType.Append, lsn, body.AsMemory(0, bytes), body.AsSpan(bytes), capture);
                    var record = ShardRecord.Append(blocks.Rewrite(capture.Block!), dimension);
                    record.Lsn = lsn;
                    rewritten.Add(record);
                    _moved.AddRange(record.Faces.Select((face, row) => (face, new RowLocation(snapshot, lsn, row))));
                }

                await ShardSession.CopyAsync(connection, snapshot.Table, rewritten, session.Epoch, 0, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                rewritten.ForEach(record => record.Dispose());
            }
        }
    }

    private async Task WriteStateAsync(NpgsqlConnection connection, ShardSegment snapshot, LiveState live, CancellationToken cancellationToken)
    {
        // One at a time: the state of a large shard need not be in memory twice.
        var part = 1;
        foreach (var record in live.Links().Select(ShardRecord.Links).Concat(live.Deletions().Select(ShardRecord.Delete)))
        {
            using (record)
            {
                record.Lsn = snapshot.FirstLsn;
                await ShardSession.CopyAsync(connection, snapshot.Table, [record], session.Epoch, part++, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SwapAsync(NpgsqlConnection connection, List<ShardSegment> sources, ShardSegment snapshot, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            "DELETE FROM shard_segments WHERE shard = $1 AND (snapshot OR segment = ANY ($2))",
            [session.Id, sources.ConvertAll(source => source.Number)],
            cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            "INSERT INTO shard_segments (shard, segment, first_lsn, snapshot) VALUES ($1, $2, $3, true) ON CONFLICT DO NOTHING",
            [session.Id, snapshot.Number, snapshot.FirstLsn],
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops what snapshots took up; what an earlier call could not drop, too. Waits for those who still read it.</summary>
    private async Task DropReplacedAsync(CancellationToken cancellationToken)
    {
        foreach (var segment in segments.Replaced())
        {
            await session.Database.RepeatAsync(
                async token =>
                {
                    await using var connection = await session.Database.ConnectAsync(token).ConfigureAwait(false);
                    return await connection.ExecuteAsync($"DROP TABLE IF EXISTS {segment.Table}", [], token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
            segments.Dropped(segment);
        }
    }

    /// <summary>Removes a table that was written for nothing, unless the swap had been committed unheard; the next open tries again.</summary>
    private async Task TryDropUnusedAsync(ShardSegment snapshot)
    {
        try
        {
            await using var connection = await session.Database.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            var used = await connection.QueryAsync(
                row => row.GetInt32(0),
                "SELECT segment FROM shard_segments WHERE shard = $1 AND segment = $2",
                [session.Id, snapshot.Number],
                CancellationToken.None).ConfigureAwait(false);
            if (used.Count == 0)
            {
                await connection.ExecuteAsync($"DROP TABLE IF EXISTS {snapshot.Table}", [], CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error))
        {
        }
    }

    private sealed class Capture : IShardReplay
    {
        public ItemBlock? Block { get; private set; }

        public void OnAppend(long lsn, ItemBlock block) => Block = block;

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }
    }
}
