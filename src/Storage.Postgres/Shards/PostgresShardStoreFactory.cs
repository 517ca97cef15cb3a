using System.Collections.Concurrent;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>
/// Shards in a database that several processes use. Whoever opens a shard last owns it: see <see cref="ShardSession"/>.
/// </summary>
public sealed class PostgresShardStoreFactory(PostgresDatabase database) : IShardStoreFactory, IAsyncDisposable
{
    private readonly ConcurrentDictionary<ShardName, PostgresShardStore> _open = [];
    private bool _disposed;

    /// <inheritdoc/>
    public async ValueTask<IShardStore> OpenAsync(
        ShardName shard, int dimension, IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ShardLimits.CheckDimension(dimension);
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            // What this process has open learns of it at once; what others have open, by the epoch.
            await FenceAsync(shard).ConfigureAwait(false);
            var store = await Task.Run(() => OpenOwnedAsync(shard, dimension, replay, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (!_open.TryAdd(shard, store))
            {
                await store.FenceAsync().ConfigureAwait(false);
                throw new ShardFencedException(shard, store.Epoch);
            }

            return store;
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error) && error is not ObjectDisposedException)
        {
            throw new ShardFailedException(shard, error);
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteShardAsync(ShardName shard, CancellationToken cancellationToken = default) => DeleteAsync(
        shard, "SELECT id FROM shards WHERE collection = $1 AND number = $2 FOR UPDATE", [shard.Collection, shard.Number], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DeleteCollectionAsync(string collection, CancellationToken cancellationToken = default)
    {
        foreach (var shard in _open.Keys.Where(shard => shard.Collection == collection))
        {
            await FenceAsync(shard).ConfigureAwait(false);
        }

        await DeleteAsync(null, "SELECT id FROM shards WHERE collection = $1 ORDER BY id FOR UPDATE", [collection], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var store in _open.Values)
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Closed(PostgresShardStore store) => _open.TryRemove(KeyValuePair.Create(store.Shard, store));

    private async ValueTask FenceAsync(ShardName shard)
    {
        if (_open.TryRemove(shard, out var earlier))
        {
            await earlier.FenceAsync().ConfigureAwait(false);
        }
    }

    private async Task<PostgresShardStore> OpenOwnedAsync(ShardName shard, int dimension, IShardReplay replay, CancellationToken cancellationToken)
    {
        // Repeated as a whole it takes one more epoch, which does no harm.
        var session = await database.RepeatAsync(token => TakeAsync(shard, dimension, token), cancellationToken).ConfigureAwait(false);
        var locations = new RowLocations();
        var reading = new ShardReading(session, dimension);

        // Not repeated: what was delivered cannot be taken back.
        var indexing = new Indexing(reading, locations, replay);
        await reading.RunAsync(indexing, cancellationToken).ConfigureAwait(false);
        await using (var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false))
        {
            await session.CheckAsync(connection, forUpdate: false, cancellationToken).ConfigureAwait(false);
        }

        await DropLeftoversAsync(session, reading.Segments, cancellationToken).ConfigureAwait(false);
        return new PostgresShardStore(session, new ShardSegments(session.Id, reading.Segments, reading.Lsn, reading.LinkBytes), locations, dimension, Closed);
    }

    private async Task<ShardSession> TakeAsync(ShardName shard, int dimension, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            """
            INSERT INTO shards (collection, number, dimension, epoch, last_lsn) VALUES ($1, $2, $3, 0, 0)
            ON CONFLICT (collection, number) DO NOTHING
            """,
            [shard.Collection, shard.Number, dimension],
            cancellationToken).ConfigureAwait(false);
        var (id, epoch, stored) = (await connection.QueryAsync(
            row => (row.GetInt64(0), row.GetInt64(1), row.GetInt32(2)),
            "SELECT id, epoch, dimension FROM shards WHERE collection = $1 AND number = $2 FOR NO KEY UPDATE",
            [shard.Collection, shard.Number],
            cancellationToken).ConfigureAwait(false))[0];
        if (stored != dimension)
        {
            throw new ShardDimensionException(shard, stored, dimension);
        }

        await connection.ExecuteAsync("UPDATE shards SET epoch = $2 WHERE id = $1", [id, epoch + 1], cancellationToken).ConfigureAwait(false);
        if (epoch == 0)
        {
            await connection.ExecuteAsync(ShardSegment.Create(ShardSegment.TableName(id, 1)), [], cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "INSERT INTO shard_segments (shard, segment, first_lsn, snapshot) VALUES ($1, 1, 0, false)", [id], cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return new ShardSession(database, shard, id, epoch + 1);
    }

    /// <summary>Drops tables that a crash left behind. One that is being read is left to the next open.</summary>
    private static async Task DropLeftoversAsync(ShardSession session, List<ShardSegment> segments, CancellationToken cancellationToken)
    {
        try
        {
            await session.OwnedAsync(
                async connection =>
                {
                    var tables = await TablesAsync(connection, session.Id, cancellationToken).ConfigureAwait(false);
                    await connection.ExecuteAsync("SET LOCAL lock_timeout = 200", [], cancellationToken).ConfigureAwait(false);
                    foreach (var table in tables.Except(segments.Select(segment => segment.Table)))
                    {
                        await connection.ExecuteAsync($"DROP TABLE {table}", [], cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresFailure.MayPass(error) && !cancellationToken.IsCancellationRequested)
        {
        }
    }

    private static Task<List<string>> TablesAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) => connection.QueryAsync(
        row => row.GetString(0),
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND starts_with(tablename, $1)",
        [$"shard_{id}_"],
        cancellationToken);

    private async ValueTask DeleteAsync(ShardName? shard, string select, object?[] parameters, CancellationToken cancellationToken)
    {
        if (shard is { } one)
        {
            await FenceAsync(one).ConfigureAwait(false);
        }

        try
        {
            await database.RepeatAsync(
                async token =>
                {
                    await using var connection = await database.ConnectAsync(token).ConfigureAwait(false);
                    await using var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
                    var ids = await connection.QueryAsync(row => row.GetInt64(0), select, parameters, token).ConfigureAwait(false);
                    foreach (var id in ids)
                    {
                        foreach (var table in await TablesAsync(connection, id, token).ConfigureAwait(false))
                        {
                            await connection.ExecuteAsync($"DROP TABLE {table}", [], token).ConfigureAwait(false);
                        }

                        await connection.ExecuteAsync("DELETE FROM shards WHERE id = $1", [id], token).ConfigureAwait(false);
                    }

                    await transaction.CommitAsync(token).ConfigureAwait(false);
                    return ids.Count;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error))
        {
            throw new ShardFailedException(shard ?? new ShardName((string)parameters[0]!, 0), error);
        }
    }

    /// <summary>Notes where the embeddings of each record stand, then passes it on.</summary>
    private sealed class Indexing(ShardReading reading, RowLocations locations, IShardReplay inner) : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block)
        {
            locations.Add(ShardRecord.StoredFaces(block), reading.Reading!, lsn);
            inner.OnAppend(lsn, block);
        }

        public void OnLinks(long lsn, LinkUpdate update) => inner.OnLinks(lsn, update);

        public void OnDelete(long lsn, Deletion deletion)
        {
            locations.Remove(deletion.Own);
            inner.OnDelete(lsn, deletion);
        }
    }
}
