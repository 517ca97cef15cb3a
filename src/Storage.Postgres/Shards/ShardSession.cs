using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>
/// The statements of one open shard. Each one that writes checks the epoch in the same statement or holds the shard's row
/// until it commits: the next owner raises the epoch in that row, so nothing of an earlier one can become durable after it.
/// </summary>
internal sealed class ShardSession(PostgresDatabase database, ShardName shard, long id, long epoch)
{
    private const string Owner = "UPDATE shards SET last_lsn = $3 WHERE id = $1 AND epoch = $2 AND last_lsn IN ($4, $3)";

    public PostgresDatabase Database => database;

    public ShardName Shard => shard;

    public long Id => id;

    public long Epoch => epoch;

    /// <summary>
    /// Writes a group of records in one transaction. Safe to repeat with the same group: where an earlier attempt had
    /// been committed after all, it finds that and changes nothing.
    /// </summary>
    /// <param name="segment">Where to.</param>
    /// <param name="group">The records, their lsns without gap.</param>
    /// <param name="bulk">By COPY, which cannot be repeated, rather than by a statement.</param>
    /// <param name="cancellationToken">Ends the attempt with unknown outcome.</param>
    public async Task CommitAsync(ShardSegment segment, List<ShardRecord> group, bool bulk, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var owned = bulk
            ? await CopyAsync(connection, segment, group, cancellationToken).ConfigureAwait(false)
            : await InsertAsync(connection, segment, group, cancellationToken).ConfigureAwait(false);
        if (!owned)
        {
            await ThrowLostAsync(connection, group[0].Lsn - 1, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs statements in a transaction that holds the shard; fails where another owner has it.</summary>
    public async Task OwnedAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await CheckAsync(connection, forUpdate: true, cancellationToken).ConfigureAwait(false);
        await work(connection).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fails where another owner has the shard.</summary>
    public async Task CheckAsync(NpgsqlConnection connection, bool forUpdate, CancellationToken cancellationToken)
    {
        var owned = await connection.QueryAsync(
            row => row.GetInt64(0) == epoch,
            forUpdate ? "SELECT epoch FROM shards WHERE id = $1 FOR NO KEY UPDATE" : "SELECT epoch FROM shards WHERE id = $1",
            [id],
            cancellationToken).ConfigureAwait(false);
        if (owned is not [true])
        {
            throw new ShardFencedException(shard, epoch);
        }
    }

    private async Task<bool> InsertAsync(NpgsqlConnection connection, ShardSegment segment, List<ShardRecord> group, CancellationToken cancellationToken)
    {
        await using var command = connection.Sql(
            $"""
            WITH owner AS ({Owner} RETURNING epoch),
            stored AS (
                INSERT INTO {segment.Table} (lsn, part, epoch, type, rows, body)
                SELECT record.lsn, 0, owner.epoch, record.type, record.rows, record.body
                FROM owner, unnest($5, $6, $7, $8) AS record (lsn, type, rows, body)
                ON CONFLICT DO NOTHING
            )
            SELECT count(*) FROM owner
            """,
            id,
            epoch,
            group[^1].Lsn,
            group[0].Lsn - 1,
            PostgresCommands.Typed(group.ConvertAll(record => record.Lsn), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
            PostgresCommands.Typed(group.ConvertAll(record => (short)record.Type), NpgsqlDbType.Array | NpgsqlDbType.Smallint),
            PostgresCommands.Typed(group.ConvertAll(record => record.Rows), NpgsqlDbType.Array | NpgsqlDbType.Integer),
            PostgresCommands.Typed(group.ConvertAll(record => record.Body), NpgsqlDbType.Array | NpgsqlDbType.Bytea));
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! == 1;
    }

    private async Task<bool> CopyAsync(NpgsqlConnection connection, ShardSegment segment, List<ShardRecord> group, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);

        // The rows first and the shard's row last: while the bytes travel nobody is kept from taking the shard over.
        await CopyAsync(connection, segment.Table, group, epoch, 0, cancellationToken).ConfigureAwait(false);
        if (await connection.ExecuteAsync(Owner, [id, epoch, group[^1].Lsn, group[0].Lsn - 1], cancellationToken).ConfigureAwait(false) == 0)
        {
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Copies records into a table within the caller's transaction, their parts counted from <paramref name="part"/> where it is not 0.</summary>
    public static async Task CopyAsync(
        NpgsqlConnection connection, string table, IReadOnlyList<ShardRecord> records, long epoch, int part, CancellationToken cancellationToken)
    {
        var import = await connection.BeginBinaryImportAsync(
            $"COPY {table} (lsn, part, epoch, type, rows, body) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (import.ConfigureAwait(false))
        {
            foreach (var record in records)
            {
                await import.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(record.Lsn, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(part == 0 ? 0 : part++, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(epoch, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync((short)record.Type, NpgsqlDbType.Smallint, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(record.Rows, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await import.WriteAsync(record.Body, NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
            }

            await import.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ThrowLostAsync(NpgsqlConnection connection, long expected, CancellationToken cancellationToken)
    {
        await CheckAsync(connection, forUpdate: false, cancellationToken).ConfigureAwait(false);
        var stored = await connection.QueryAsync(row => row.GetInt64(0), "SELECT last_lsn FROM shards WHERE id = $1", [id], cancellationToken).ConfigureAwait(false);
        throw new DataException(
            $"The database holds {stored[0]} records of the shard, but {expected} were durable: an earlier state of it came back.");
    }
}
