namespace FaceCluster.Storage.Tests.Shards;

public abstract partial class ShardStoreContract
{
    [Fact]
    public async Task Second_open_fences_the_first_handle()
    {
        await using var first = await OpenAsync();
        await first.AppendAsync(Samples.Block("a", 1));

        var state = new RecordedShard();
        await using var second = await OpenAsync(state);

        Assert.Equal((1, 2), (first.Epoch, second.Epoch));
        Assert.Equal([("a", 1L)], state.Order);
        var error = await Assert.ThrowsAsync<ShardFencedException>(async () => await first.AppendAsync(Samples.Block("a", 2)));
        Assert.Equal((Key, 1L), (error.Shard, error.Epoch));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.ApplyLinksAsync(new LinkUpdate()));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.DeleteAsync(new Deletion()));
        await Assert.ThrowsAsync<ShardFencedException>(() => first.CompactAsync(Token));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await first.ReplayAsync(new RecordedShard(), Token));
        await Assert.ThrowsAsync<ShardFencedException>(
            async () => await first.ReadEmbeddingsAsync(new[] { Samples.Face("a", 1) }, new float[Samples.Dimension], new bool[1], Token));
        Assert.Equal(2, await second.AppendAsync(Samples.Block("a", 2)));
    }

    [Fact]
    public async Task Writes_racing_with_an_open_are_delivered_by_it_or_refused()
    {
        await using var first = await OpenAsync();
        var writes = new List<(long Sequence, Task<long> Write)>();
        using var started = new SemaphoreSlim(0);
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    try
                    {
                        writes.Add((i, first.AppendAsync(Samples.Block("a", i)).AsTask()));
                    }
                    catch (ShardFencedException)
                    {
                        break;
                    }

                    if (i == 50)
                    {
                        started.Release();
                        await Task.Yield();
                    }
                }
            },
            Token);
        await started.WaitAsync(Token);

        var state = new RecordedShard();
        await using var second = await OpenAsync(state);
        await writing;

        foreach (var (sequence, write) in writes)
        {
            try
            {
                await write;
                Assert.Contains(("a", sequence), state.Items.Keys);
            }
            catch (ShardFencedException)
            {
            }
        }

        var later = new RecordedShard();
        await second.ReplayAsync(later, Token);
        Assert.Equal(state.Order, later.Order);
    }

    [Fact]
    public async Task Disposed_handle_refuses_and_keeps_what_was_called_before()
    {
        var store = await OpenAsync();
        var write = store.AppendAsync(Samples.Block("a", 1));
        await store.DisposeAsync();

        Assert.Equal(1, await write);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.AppendAsync(Samples.Block("a", 2)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ReplayAsync(new RecordedShard(), Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.CompactAsync(Token));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Replay_that_throws_fails_the_open_and_the_next_one_succeeds()
    {
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(Samples.Block("a", 1));
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(new ThrowingReplay()));

        var state = new RecordedShard();
        await using var reopened = await OpenAsync(state);
        Assert.Equal([("a", 1L)], state.Order);
        await reopened.AppendAsync(Samples.Block("a", 2));
    }

    [Fact]
    public async Task Records_beyond_a_limit_are_refused_and_the_store_goes_on()
    {
        await using var store = await OpenAsync();
        var item = Samples.Item("a", 1);
        var embedding = Samples.Bytes(Samples.Embedding(item.Faces[0].Id));
        ItemBlock[] wrong =
        [
            Samples.Block("", item),
            Samples.Block(new string('c', ShardLimits.MaxCameraBytes + 1), item),
            Samples.Block("a", []),
            new ItemBlock { Camera = "a", Items = [item], Embeddings = embedding.AsMemory(4) },
            new ItemBlock { Camera = "a", Items = [item, Samples.Item("a", 2)], Embeddings = embedding },
            Samples.Block("a", item with { TrackId = new string('t', ShardLimits.MaxTrackIdBytes + 1) }),
            Samples.Block("a", item with { Refusal = new ItemRefusal("R", new string('é', ShardLimits.MaxMessageBytes)) }),
            Samples.Block("a", item with { Faces = [default] }),
        ];

        foreach (var block in wrong)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.AppendAsync(block));
        }

        var tooMany = new LinkEntry(item.Faces[0].Id, new CandidateEntry[ShardLimits.MaxCandidates + 1]);
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.ApplyLinksAsync(new LinkUpdate { Changed = [tooMany] }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.ReadEmbeddingsAsync(
            new[] { item.Faces[0].Id }, new float[Samples.Dimension - 1], new bool[1], Token));
        Assert.Equal(1, await store.AppendAsync(Samples.Block("a", item)));
    }

    private sealed class ThrowingReplay : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block) => throw new InvalidOperationException("Not today.");

        public void OnLinks(long lsn, LinkUpdate update) => throw new InvalidOperationException();

        public void OnDelete(long lsn, Deletion deletion) => throw new InvalidOperationException();
    }
}
