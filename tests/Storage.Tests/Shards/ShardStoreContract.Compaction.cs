using CsCheck;
using FaceCluster.Core;

namespace FaceCluster.Storage.Tests.Shards;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task Compaction_keeps_everything_but_deleted_faces()
    {
        var expected = new RecordedShard();
        await using (var store = await OpenAsync())
        {
            await WriteSomethingOfEverythingAsync(store, expected);
            var before = store.GetStatistics();
            Assert.Equal(2, before.DeadFaces);

            await store.CompactAsync(Token);

            var now = new RecordedShard();
            Assert.Equal(before.DurableLsn, await store.ReplayAsync(now, Token));
            expected.AssertSame(now);
            var after = store.GetStatistics();
            Assert.Equal((before.LiveFaces, 0L, before.DurableLsn), (after.LiveFaces, after.DeadFaces, after.SnapshotLsn));
            Assert.Equal(before.DurableLsn + 1, await store.AppendAsync(Samples.Block("late", 1)));
        }

        var read = new RecordedShard();
        await using var reopened = await OpenAsync(read);
        Assert.Equal(read.Lsns.Order(), read.Lsns);
        Assert.Equal(("late", 1L), read.Order[^1]);
        expected.OnAppend(0, Samples.Block("late", 1));
        expected.AssertSame(read);
        Assert.All(
            read.Items.Values.SelectMany(item => item.Faces).Where(face => face.State == FaceState.Deleted),
            face => Assert.Equal((null, 0f, 0f), (face.Box, face.DetectionScore, face.Magnitude)));
    }

    [Fact]
    public async Task Compaction_of_an_empty_shard_and_a_second_one_change_nothing()
    {
        await using var store = await OpenAsync();
        await store.CompactAsync(Token);
        await store.AppendAsync(Samples.Block("a", 1));
        await store.CompactAsync(Token);
        await store.CompactAsync(Token);

        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        Assert.Equal([("a", 1L)], state.Order);
    }

    [Fact]
    public async Task Writes_reads_and_replays_go_on_during_compactions()
    {
        await using var store = await OpenAsync();
        var expected = new RecordedShard();
        using var done = new CancellationTokenSource();
        var compacting = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await store.CompactAsync(Token);
                }
            },
            Token);
        var replaying = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    var seen = new RecordedShard();
                    await store.ReplayAsync(seen, Token);
                    Assert.Equal(Enumerable.Range(0, seen.Order.Count).Select(i => (long)i), seen.Order.Select(item => item.Sequence));
                }
            },
            Token);

        for (var i = 0; i < 300; i++)
        {
            var block = Samples.Block("a", i, faces: 2);
            expected.OnAppend(await store.AppendAsync(block), block);
            FaceId[] faces = [Samples.Face("a", i, 0), Samples.Face("a", i, 1), Samples.Face("a", i / 2, 1)];
            if (i % 3 == 0)
            {
                var deletion = new Deletion { Own = [faces[0]] };
                expected.OnDelete(await store.DeleteAsync(deletion), deletion);
            }

            var links = new LinkUpdate { Changed = [Samples.List(faces[1], faces[2])], Linked = [faces[1]] };
            expected.OnLinks(await store.ApplyLinksAsync(links), links);
            await AssertReadsAsync(store, faces, [i % 3 != 0, true, true]);
        }

        await done.CancelAsync();
        await Task.WhenAll(compacting, replaying);
        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        expected.AssertSame(state);
    }

    [Fact]
    public async Task Embeddings_are_read_back_by_face()
    {
        FaceId[] faces = [Samples.Face("a", 7), Samples.Face("a", 2), Samples.Face("nobody", 1), Samples.Face("a", 2), Samples.Face("a", 3)];
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(Samples.Block("a", 0, items: 10));
            await store.DeleteAsync(new Deletion { Own = [faces[4]] });
            await AssertReadsAsync(store, faces, [true, true, false, true, false]);
            await store.CompactAsync(Token);
            await AssertReadsAsync(store, faces, [true, true, false, true, false]);
        }

        await using var reopened = await OpenAsync();
        await AssertReadsAsync(reopened, faces, [true, true, false, true, false]);
    }

    [Fact]
    public async Task Any_sequence_of_calls_comes_back_as_a_plain_model_says()
    {
        var shard = 100;
        await Operation.Array[1, 60].SampleAsync(
            async operations =>
            {
                var key = new ShardName("property", Interlocked.Increment(ref shard));
                var model = new RecordedShard();
                var store = await Factory.OpenAsync(key, Samples.Dimension, new RecordedShard(), Token);
                try
                {
                    foreach (var (kind, a, b) in operations)
                    {
                        store = await ApplyAsync(store, key, model, kind, a, b);
                    }

                    var state = new RecordedShard();
                    await store.ReplayAsync(state, Token);
                    model.AssertSame(state);
                }
                finally
                {
                    await store.DisposeAsync();
                }
            },
            iter: 40,
            threads: 1);
    }

    private static Gen<(int Kind, int A, int B)> Operation => Gen.Select(Gen.Int[0, 11], Gen.Int[0, 30], Gen.Int[0, 30]);

    private protected async Task<IShardStore> ApplyAsync(IShardStore store, ShardName key, RecordedShard model, int kind, int a, int b)
    {
        switch (kind)
        {
            case <= 5:
                var block = Samples.Block($"c{a % 2}", model.Order.Count, items: 1 + (b % 4), faces: a % 4);
                model.OnAppend(await store.AppendAsync(block), block);
                return store;
            case <= 7:
                FaceId[] known = [.. model.Embeddings.Keys.Order()];
                if (known.Length == 0)
                {
                    return store;
                }

                var (first, second) = (known[a % known.Length], known[b % known.Length]);
                var update = first == second || kind == 6
                    ? new LinkUpdate { Changed = [Samples.List(first, second)], Linked = [first] }
                    : new LinkUpdate { Linked = [first], Dirty = [second] };
                model.OnLinks(await store.ApplyLinksAsync(update), update);
                return store;
            case <= 9:
                var faces = model.Embeddings.Keys.Order().Skip(a).Take(b % 5).ToArray();
                var deletion = new Deletion { Own = faces, Foreign = [Samples.Face("foreign", b)] };
                model.OnDelete(await store.DeleteAsync(deletion), deletion);
                return store;
            case 10:
                await store.CompactAsync(Token);
                return store;
            default:
                await store.DisposeAsync();
                var state = new RecordedShard();
                store = await Factory.OpenAsync(key, Samples.Dimension, state, Token);
                model.AssertSame(state);
                return store;
        }
    }

    private static async Task AssertReadsAsync(IShardStore store, FaceId[] faces, bool[] expected)
    {
        var rows = new float[faces.Length * Samples.Dimension];
        var found = new bool[faces.Length];
        await store.ReadEmbeddingsAsync(faces, rows, found, Token);
        Assert.Equal(expected, found);
        for (var i = 0; i < faces.Length; i++)
        {
            var row = rows[(i * Samples.Dimension)..((i + 1) * Samples.Dimension)];
            Assert.Equal(found[i] ? Samples.Embedding(faces[i]) : new float[Samples.Dimension], row);
        }
    }
}
