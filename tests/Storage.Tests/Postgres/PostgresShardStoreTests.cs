using FaceCluster.Core;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Shards;
using FaceCluster.Storage.Tests.Shards;
using Npgsql;

[assembly: AssemblyFixture(typeof(FaceCluster.Storage.Tests.Postgres.PostgresFixture))]

namespace FaceCluster.Storage.Tests.Postgres;

public sealed class PostgresShardStoreTests(PostgresFixture postgres) : ShardStoreContract, IAsyncLifetime
{
    private PostgresDatabase _database = null!;
    private PostgresShardStoreFactory _factory = null!;

    private protected override IShardStoreFactory Factory => _factory;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.OpenAsync(postgres.NewSchema(), Token);
        _factory = new PostgresShardStoreFactory(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Open_by_another_process_fences_the_handle_for_writes_reads_and_confirmation()
    {
        await using var first = await OpenAsync();
        await first.AppendAsync(Samples.Block("a", 1));
        await first.ConfirmAsync(Token);

        await using var other = new PostgresShardStoreFactory(_database);
        var state = new RecordedShard();
        await using var second = await other.OpenAsync(Key, Samples.Dimension, state, Token);

        Assert.Equal([("a", 1L)], state.Order);
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.ConfirmAsync(Token));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.ReplayAsync(new RecordedShard(), Token));
        await Assert.ThrowsAsync<ShardFencedException>(
            async () => await first.ReadEmbeddingsAsync(new[] { Samples.Face("a", 1) }, new float[Samples.Dimension], new bool[1], Token));
        await Assert.ThrowsAsync<ShardFencedException>(() => first.CompactAsync(Token));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.AppendAsync(Samples.Block("a", 2)));
        Assert.Equal(2, await second.AppendAsync(Samples.Block("a", 3)));
        state = new RecordedShard();
        await second.ReplayAsync(state, Token);
        Assert.Equal([("a", 1L), ("a", 3L)], state.Order);
    }

    [Fact]
    public async Task Writes_racing_with_opens_of_other_processes_are_delivered_by_the_next_open_or_refused()
    {
        await using var other = new PostgresShardStoreFactory(_database);
        PostgresShardStoreFactory[] factories = [_factory, other];
        var acknowledged = new List<long>();
        var store = await OpenAsync();
        var sequence = 0L;
        for (var turn = 1; turn <= 12; turn++)
        {
            var owner = store;
            using var started = new SemaphoreSlim(0);
            var writing = Task.Run(
                async () =>
                {
                    while (true)
                    {
                        var number = Interlocked.Increment(ref sequence);
                        try
                        {
                            // Every other one is large enough for COPY.
                            await owner.AppendAsync(number % 2 == 0 ? Samples.Block("a", Samples.Item("a", number)) : Large(number));
                            acknowledged.Add(number);
                            started.Release();
                        }
                        catch (ShardFencedException)
                        {
                            return;
                        }
                    }
                },
                Token);
            for (var i = 0; i < 5; i++)
            {
                await started.WaitAsync(Token);
            }

            var state = new RecordedShard();
            store = await factories[turn % 2].OpenAsync(Key, Samples.Dimension, state, Token);
            await writing;
            var kept = state.Order.Select(item => item.Sequence).ToHashSet();
            Assert.All(acknowledged, number => Assert.Contains(number, kept));
            Assert.Equal(turn + 1, store.Epoch);
        }

        await store.DisposeAsync();
    }

    [Fact]
    public async Task Lost_connections_fail_no_write_and_double_none()
    {
        await using var store = await OpenAsync();
        using var done = new CancellationTokenSource();
        var cutting = Task.Run(() => postgres.CutAsync(_database.Schema, done.Token), Token);

        for (var i = 0; i < 60; i++)
        {
            Assert.Equal((2 * i) + 1, await store.AppendAsync(Samples.Block("a", i)));
            Assert.Equal((2 * i) + 2, await store.AppendAsync(Large(1000 + i)));
        }

        await done.CancelAsync();
        await cutting;
        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        Assert.Equal(Enumerable.Range(1, 120).Select(i => (long)i), state.Lsns);
    }

    [Fact]
    public async Task Group_sent_again_after_an_unheard_commit_is_stored_once()
    {
        await using var opened = await OpenAsync();
        var session = new ShardSession(_database, Key, await ShardIdAsync(), opened.Epoch);
        var segment = new ShardSegment(session.Id, 1, 0, snapshot: false);
        using var record = ShardRecord.Append(Samples.Block("a", 1), Samples.Dimension);
        record.Lsn = 1;

        await session.CommitAsync(segment, [record], bulk: true, Token);
        await session.CommitAsync(segment, [record], bulk: false, Token);
        await session.CommitAsync(segment, [record], bulk: false, Token);

        var state = new RecordedShard();
        Assert.Equal(1, await opened.ReplayAsync(state, Token));
        Assert.Equal([("a", 1L)], state.Order);
    }

    [Fact]
    public async Task Database_that_lost_records_is_noticed()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));
        await store.AppendAsync(Samples.Block("a", 2));

        // As after a failover to a standby that lagged behind.
        await SqlAsync("DELETE FROM shard_1_1 WHERE lsn = 2; UPDATE shards SET last_lsn = 1");

        await Assert.ThrowsAsync<ShardFailedException>(async () => await store.AppendAsync(Samples.Block("a", 3)));
        await SqlAsync("UPDATE shards SET last_lsn = 2");
        await Assert.ThrowsAsync<ShardCorruptException>(() => OpenAsync());
    }

    [Fact]
    public async Task Deleted_faces_leave_no_byte_in_the_shards_tables()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 2000; i += 20)
        {
            await store.AppendAsync(Samples.Block("a", i, items: 20));
        }

        var deleted = Enumerable.Range(0, 100).Select(i => Samples.Face("a", i * 19)).ToArray();
        await store.DeleteAsync(new Deletion { Own = deleted });
        Assert.Equal(100, await CountAsync(deleted));

        await store.CompactAsync(Token);

        Assert.Equal(0, await CountAsync(deleted));
        Assert.Equal(1, await CountAsync([Samples.Face("a", 1)]));
        Assert.Equal(2, await SqlAsync("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'shard\\_1\\_%'"));
    }

    [Fact]
    public async Task Replaced_links_do_not_pile_up_and_leftover_tables_go()
    {
        var options = postgres.NewSchema() with { CompactLinkBytes = 20_000 };
        await using var database = await PostgresDatabase.OpenAsync(options, Token);
        await using var factory = new PostgresShardStoreFactory(database);
        var expected = new RecordedShard();
        await using (var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token))
        {
            var block = Samples.Block("a", 0, items: 20);
            expected.OnAppend(await store.AppendAsync(block), block);
            FaceId[] faces = [.. expected.Embeddings.Keys];
            for (var i = 0; store.GetStatistics().SnapshotLsn == 0; i++)
            {
                Assert.True(i < 10_000, "No snapshot was made.");
                var links = new LinkUpdate { Changed = [.. faces.Select(face => Samples.List(face, faces[i % 20], faces[(i + 1) % 20]))] };
                expected.OnLinks(await store.ApplyLinksAsync(links), links);
            }
        }

        await using (var connection = await database.ConnectAsync(Token))
        {
            await connection.ExecuteAsync(ShardSegment.Create("shard_1_999"), [], Token);
        }

        var state = new RecordedShard();
        await using var reopened = await factory.OpenAsync(Key, Samples.Dimension, state, Token);
        expected.AssertSame(state);
        await using var look = await database.ConnectAsync(Token);
        Assert.Empty(await look.QueryAsync(row => 1, "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'shard_1_999'", [], Token));
    }

    private static ItemBlock Large(long number) => Samples.Block("a", Samples.Item("a", number) with
    {
        Faces = [.. Enumerable.Range(0, 5000).Select(i => Samples.Record(Samples.Face("a", number, i), i))],
    });

    private async Task<long> ShardIdAsync() => await SqlAsync("SELECT id FROM shards");

    private async Task<long> CountAsync(FaceId[] faces)
    {
        var count = 0L;
        foreach (var face in faces)
        {
            await using var connection = await _database.ConnectAsync(Token);
            var tables = await connection.QueryAsync(
                row => row.GetString(0), "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename LIKE 'shard\\_1\\_%'", [], Token);
            foreach (var table in tables)
            {
                var found = await connection.QueryAsync(
                    row => row.GetInt64(0), $"SELECT count(*) FROM {table} WHERE position($1 IN body) > 0", [Samples.Bytes(Samples.Embedding(face))], Token);
                count += found[0];
            }
        }

        return count;
    }

    private async Task<long> SqlAsync(string statement)
    {
        await using var connection = await _database.ConnectAsync(Token);
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(Token) is long number ? number : 0;
    }
}
