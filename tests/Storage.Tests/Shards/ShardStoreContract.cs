using FaceCluster.Core;

namespace FaceCluster.Storage.Tests.Shards;

/// <summary>What every <see cref="IShardStore"/> has to do. Each implementation runs it in a class of its own.</summary>
public abstract partial class ShardStoreContract
{
    protected static readonly ShardName Key = new("faces", 3);

    private protected abstract IShardStoreFactory Factory { get; }

    [Fact]
    public async Task Open_of_an_unknown_shard_is_empty_and_has_epoch_1()
    {
        var state = new RecordedShard();

        await using var store = await Factory.OpenAsync(Key, Samples.Dimension, state, Token);

        Assert.Equal(Key, store.Shard);
        Assert.Equal(1, store.Epoch);
        Assert.Equal(Samples.Dimension, store.Dimension);
        Assert.Empty(state.Lsns);
        Assert.Equal(default, store.GetStatistics());
    }

    [Fact]
    public async Task Records_come_back_as_written_after_reopen()
    {
        var written = new RecordedShard();
        await using (var store = await OpenAsync())
        {
            await WriteSomethingOfEverythingAsync(store, written);
        }

        var read = new RecordedShard();
        await using var reopened = await Factory.OpenAsync(Key, Samples.Dimension, read, Token);

        written.AssertSame(read);
        Assert.Equal(written.Lsns, read.Lsns);
        Assert.Equal(2, reopened.Epoch);
    }

    [Fact]
    public async Task Lsns_follow_the_order_of_the_calls()
    {
        await using var store = await OpenAsync();

        var writes = Enumerable.Range(0, 100).Select(i => i % 2 == 0
            ? store.AppendAsync(Samples.Block("a", i)).AsTask()
            : store.DeleteAsync(new Deletion { Foreign = [Samples.Face("z", i)] }).AsTask());

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), await Task.WhenAll(writes.ToArray()));
        Assert.Equal(100L, store.GetStatistics().DurableLsn);
    }

    [Fact]
    public async Task Lsns_go_on_after_reopen()
    {
        await using (var store = await OpenAsync())
        {
            Assert.Equal(1L, await store.AppendAsync(Samples.Block("a", 1)));
        }

        await using var reopened = await OpenAsync();

        Assert.Equal(2L, await reopened.AppendAsync(Samples.Block("a", 2)));
    }

    [Fact]
    public async Task Buffers_may_be_reused_when_the_call_returns()
    {
        var item = Samples.Item("a", 1);
        var buffer = Samples.Bytes(Samples.Embedding(item.Faces[0].Id));
        await using var store = await OpenAsync();

        var write = store.AppendAsync(new ItemBlock { Camera = "a", Items = [item], Embeddings = buffer });
        Array.Fill(buffer, (byte)0xEE);
        await write;

        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        Assert.Equal(Samples.Embedding(item.Faces[0].Id), state.Embeddings[item.Faces[0].Id]);
    }

    [Fact]
    public async Task Embeddings_keep_their_bits()
    {
        var item = Samples.Item("a", 1);
        var odd = Samples.Embedding(item.Faces[0].Id);
        (odd[0], odd[1], odd[2]) = (-0f, float.Epsilon, BitConverter.UInt32BitsToSingle(0x7FC0_1234));
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(new ItemBlock { Camera = "a", Items = [item], Embeddings = Samples.Bytes(odd) });
        }

        var state = new RecordedShard();
        await using var reopened = await Factory.OpenAsync(Key, Samples.Dimension, state, Token);

        Assert.Equal(
            odd.Select(BitConverter.SingleToUInt32Bits),
            state.Embeddings[item.Faces[0].Id].Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public async Task Items_without_faces_and_refused_items_are_kept()
    {
        var empty = Samples.Item("a", 1, faces: 0);
        var refused = empty with { Sequence = 2, Refusal = new ItemRefusal("IMAGE_TRUNCATED", "The JPEG ends early.") };
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(Samples.Block("a", empty, refused));
        }

        var state = new RecordedShard();
        await using var reopened = await Factory.OpenAsync(Key, Samples.Dimension, state, Token);

        Assert.Equal([("a", 1L), ("a", 2L)], state.Order);
        Assert.Null(state.Items[("a", 1)].Refusal);
        Assert.Equal(refused.Refusal, state.Items[("a", 2)].Refusal);
    }

    [Fact]
    public async Task Refused_faces_take_no_embedding_row()
    {
        var item = Samples.Item("a", 1, faces: 3);
        var faces = item.Faces.ToArray();
        faces[1] = faces[1] with { State = FaceState.Refused, Magnitude = 0, Reason = 9 };
        item = item with { Faces = faces };
        await using var store = await OpenAsync();

        await store.AppendAsync(Samples.Block("a", item));

        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        Assert.Equal(faces, state.Items[("a", 1)].Faces);
        Assert.Equal(Samples.Embedding(faces[2].Id), state.Embeddings[faces[2].Id]);
        Assert.DoesNotContain(faces[1].Id, state.Embeddings.Keys);
    }

    [Fact]
    public async Task Open_with_another_dimension_is_refused()
    {
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(Samples.Block("a", 1));
        }

        var error = await Assert.ThrowsAsync<ShardDimensionException>(async () => await Factory.OpenAsync(Key, 24, new RecordedShard(), Token));

        Assert.Equal((Samples.Dimension, 24), (error.Stored, error.Requested));
    }

    [Fact]
    public async Task Deleted_collection_is_empty_and_its_handles_are_fenced()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));
        await using var other = await Factory.OpenAsync(new ShardName("other", 0), Samples.Dimension, new RecordedShard(), Token);
        await other.AppendAsync(Samples.Block("a", 1));

        await Factory.DeleteCollectionAsync("faces", Token);
        await Factory.DeleteCollectionAsync("never-there", Token);

        await Assert.ThrowsAsync<ShardFencedException>(async () => await store.AppendAsync(Samples.Block("a", 2)));
        var state = new RecordedShard();
        await using var reopened = await Factory.OpenAsync(Key, Samples.Dimension, state, Token);
        Assert.Empty(state.Items);
        await other.AppendAsync(Samples.Block("a", 2));
    }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected async Task<IShardStore> OpenAsync(IShardReplay? replay = null) =>
        await Factory.OpenAsync(Key, Samples.Dimension, replay ?? new RecordedShard(), Token);

    /// <summary>Writes records of every kind and applies them to <paramref name="expected"/> too.</summary>
    private protected static async Task WriteSomethingOfEverythingAsync(IShardStore store, RecordedShard expected)
    {
        for (var i = 0; i < 20; i++)
        {
            var block = Samples.Block($"camera-{i % 3}", i * 10, items: 1 + (i % 5), faces: i % 3);
            expected.OnAppend(await store.AppendAsync(block), block);
        }

        FaceId[] faces = [.. expected.Embeddings.Keys];
        var links = new LinkUpdate
        {
            Changed = [Samples.List(faces[0], faces[1], Samples.Face("elsewhere", 1)), Samples.List(faces[1]), Samples.List(faces[2], faces[3])],
            Linked = [faces[0], faces[1], faces[2]],
        };
        expected.OnLinks(await store.ApplyLinksAsync(links), links);
        var again = new LinkUpdate { Changed = [Samples.List(faces[0], faces[4])], Dirty = [faces[1]] };
        expected.OnLinks(await store.ApplyLinksAsync(again), again);
        var deletion = new Deletion { Own = [faces[2], faces[5]], Foreign = [Samples.Face("elsewhere", 1)] };
        expected.OnDelete(await store.DeleteAsync(deletion), deletion);
    }
}
