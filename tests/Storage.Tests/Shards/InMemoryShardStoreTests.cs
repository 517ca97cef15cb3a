using FaceCluster.Storage.InMemory;

namespace FaceCluster.Storage.Tests.Shards;

public sealed class InMemoryShardStoreTests : ShardStoreContract
{
    private protected override IShardStoreFactory Factory { get; } = new InMemoryShardStoreFactory();

    [Fact]
    public async Task Failed_commit_fails_the_handle_until_reopen()
    {
        var broken = false;
        var factory = new InMemoryShardStoreFactory(_ => broken ? throw new IOException("No space left.") : ValueTask.CompletedTask);
        await using var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
        await store.AppendAsync(Samples.Block("a", 1));

        broken = true;
        await Assert.ThrowsAsync<ShardFailedException>(async () => await store.AppendAsync(Samples.Block("a", 2)));
        broken = false;
        await Assert.ThrowsAsync<ShardFailedException>(async () => await store.AppendAsync(Samples.Block("a", 3)));

        var state = new RecordedShard();
        await using var reopened = await factory.OpenAsync(Key, Samples.Dimension, state, Token);
        Assert.Equal([("a", 1L)], state.Order);
        await reopened.AppendAsync(Samples.Block("a", 2));
    }
}
