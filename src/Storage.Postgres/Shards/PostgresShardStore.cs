using System.Runtime.InteropServices;
using FaceCluster.Core;
using NpgsqlTypes;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>One shard in tables of its own. See <see cref="ShardSegment"/> for the tables.</summary>
internal sealed class PostgresShardStore : IShardStore
{
    private readonly SemaphoreSlim _compacting = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ShardSession _session;
    private readonly ShardSegments _segments;
    private readonly RowLocations _locations;
    private readonly ShardWriter _writer;
    private readonly Action<PostgresShardStore> _closed;
    private int _compactingItself;

    public PostgresShardStore(
        ShardSession session, ShardSegments segments, RowLocations locations, int dimension, Action<PostgresShardStore> closed)
    {
        _closed = closed;
        (_session, _segments, _locations, Dimension) = (session, segments, locations, dimension);
        _writer = new ShardWriter(session, segments, locations, CompactWhenDue);
    }

    public ShardName Shard => _session.Shard;

    public int Dimension { get; }

    public long Epoch => _session.Epoch;

    public ValueTask<long> AppendAsync(ItemBlock block) => _writer.Write(ShardRecord.Append(block, Dimension));

    public ValueTask<long> ApplyLinksAsync(LinkUpdate update) => _writer.Write(ShardRecord.Links(update));

    public ValueTask<long> DeleteAsync(Deletion deletion) => _writer.Write(ShardRecord.Delete(deletion));

    public async ValueTask ReadEmbeddingsAsync(
        ReadOnlyMemory<FaceId> faces, Memory<float> destination, Memory<bool> found, CancellationToken cancellationToken = default)
    {
        ReadArguments.Check(faces.Length, destination.Length, found.Length, Dimension);
        ThrowIfStopped();
        await MediumAsync(
            async token =>
            {
                // Where the rows are is asked anew each time: a compaction may have moved them meanwhile.
                await ReadAsync(_locations.Find(faces.Span), destination, found, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> ReplayAsync(IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ThrowIfStopped();
        try
        {
            return await Task.Run(
                async () =>
                {
                    var reading = new ShardReading(_session, Dimension);
                    await reading.RunAsync(replay, cancellationToken).ConfigureAwait(false);
                    return reading.Lsn;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error) && error is not ObjectDisposedException)
        {
            throw new ShardFailedException(Shard, error);
        }
    }

    public async ValueTask ConfirmAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        await MediumAsync(
            async token =>
            {
                await using var connection = await _session.Database.ConnectAsync(token).ConfigureAwait(false);
                await _session.CheckAsync(connection, forUpdate: false, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async Task CompactAsync(CancellationToken cancellationToken = default)
    {
        _writer.ThrowIfRefused();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var entered = false;
        try
        {
            await _compacting.WaitAsync(linked.Token).ConfigureAwait(false);
            entered = true;
            var links = _segments.LinkBytes;
            var lsn = await _writer.RotateAsync().ConfigureAwait(false);
            var compaction = new ShardCompaction(_session, _segments, _locations, Dimension);
            await Task.Run(() => compaction.RunAsync(lsn, linked.Token), CancellationToken.None).ConfigureAwait(false);
            _segments.LinksTakenUp(links);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            ThrowIfStopped();
            throw;
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error) && error is not ObjectDisposedException)
        {
            throw new ShardCompactionException(Shard, error);
        }
        finally
        {
            if (entered)
            {
                _compacting.Release();
            }
        }
    }

    public ShardStatistics GetStatistics()
    {
        var (live, dead) = _locations.Count();
        var (snapshot, logs, lsn) = _segments.Sizes();
        return new ShardStatistics(live, dead, snapshot, logs, lsn, _segments.DurableLsn);
    }

    public ValueTask DisposeAsync() => StopAsync(() => new ObjectDisposedException(nameof(IShardStore)), drain: true);

    /// <summary>Ends this handle because another open of this process takes the shard.</summary>
    public ValueTask FenceAsync() => StopAsync(() => new ShardFencedException(Shard, Epoch), drain: false);

    private void ThrowIfStopped()
    {
        if (_stopping.IsCancellationRequested)
        {
            _writer.ThrowIfRefused();
        }
    }

    private async ValueTask StopAsync(Func<Exception> refusal, bool drain)
    {
        await _writer.StopAsync(refusal, drain).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _compacting.WaitAsync().ConfigureAwait(false);
        _compacting.Release();
        _closed(this);
    }

    private async Task<T> MediumAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _session.Database.RepeatAsync(
                async token =>
                {
                    while (true)
                    {
                        try
                        {
                            return await work(token).ConfigureAwait(false);
                        }
                        catch (Exception error) when (PostgresFailure.IsMissingTable(error))
                        {
                            ThrowIfStopped();
                            await Task.Delay(5, token).ConfigureAwait(false);
                        }
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresFailure.IsMedium(error) && error is not ObjectDisposedException)
        {
            throw new ShardFailedException(Shard, error);
        }
    }

    private async Task ReadAsync(RowLocation?[] locations, Memory<float> destination, Memory<bool> found, CancellationToken cancellationToken)
    {
        await using var connection = await _session.Database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await _session.CheckAsync(connection, forUpdate: false, cancellationToken).ConfigureAwait(false);
        found.Span[..locations.Length].Clear();
        var tables = Enumerable.Range(0, locations.Length)
            .Where(i => locations[i] is not null)
            .GroupBy(i => locations[i]!.Value.Segment.Current.Table);
        foreach (var table in tables)
        {
            int[] wanted = [.. table];
            await using var command = connection.Sql(
                $"""
                SELECT wanted.i, substring(stored.body FROM wanted.at FOR {Dimension * sizeof(float)})
                FROM unnest($1, $2, $3) AS wanted (i, lsn, at)
                JOIN {table.Key} AS stored ON stored.lsn = wanted.lsn AND stored.part = 0
                """,
                PostgresCommands.Typed(wanted, NpgsqlDbType.Array | NpgsqlDbType.Integer),
                PostgresCommands.Typed(wanted.Select(i => locations[i]!.Value.Lsn).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
                PostgresCommands.Typed(
                    wanted.Select(i => (locations[i]!.Value.Row * Dimension * sizeof(float)) + 1).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var i = reader.GetInt32(0);
                reader.GetFieldValue<byte[]>(1).CopyTo(MemoryMarshal.AsBytes(destination.Span.Slice(i * Dimension, Dimension)));
                found.Span[i] = true;
            }
        }
    }

    private void CompactWhenDue()
    {
        var limit = _session.Database.Options.CompactLinkBytes;
        var (snapshot, logs, _) = _segments.Sizes();
        if (limit > 0 && _segments.LinkBytes >= Math.Max(limit, (snapshot + logs) / 3) && Interlocked.Exchange(ref _compactingItself, 1) == 0)
        {
            _ = CompactItselfAsync();
        }
    }

    private async Task CompactItselfAsync()
    {
        // Off the committing loop, which has acknowledgements to give.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await CompactAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // Fenced, failed or out of space: nothing was lost. Tried again when as much more was written.
            _segments.LinksTakenUp(_segments.LinkBytes);
        }
        catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException)
        {
        }
        finally
        {
            Volatile.Write(ref _compactingItself, 0);
        }
    }
}
