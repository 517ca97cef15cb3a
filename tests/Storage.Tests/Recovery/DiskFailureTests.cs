using FaceCluster.Storage.Log;
using FaceCluster.Storage.Tests.Shards;
using FaceCluster.Storage.Tests.Support;

namespace FaceCluster.Storage.Tests.Recovery;

/// <summary>A disk that is full, fails or is slow.</summary>
public sealed class DiskFailureTests : IAsyncDisposable
{
    private static readonly ShardName Key = new("faces", 0);

    private readonly TemporaryFolder _folder = new();
    private readonly GatedDurability _disk = new();
    private readonly LogShardStoreFactory _factory;

    public DiskFailureTests() => _factory = new LogShardStoreFactory(
        _folder.Path, new LogShardOptions { Durability = _disk, MaxPendingBytes = ShardLimits.MaxRecordBytes });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _disk.Release();
        await _factory.DisposeAsync();
        _disk.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100_000)]
    public async Task Full_disk_fails_those_who_wait_and_reopening_finds_what_was_acknowledged(int bytesThatFit)
    {
        var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));
        _disk.FailWriteAfter = bytesThatFit;

        await AssertFailedAndReopenAsync(store);
    }

    [Fact]
    public async Task Failed_flush_is_not_trusted_even_where_the_bytes_can_be_read()
    {
        var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));
        _disk.FailFlush = true;

        await AssertFailedAndReopenAsync(store);
    }

    [Fact]
    public async Task Calls_that_wait_together_share_one_flush()
    {
        var store = await OpenAsync();
        _disk.Hold();
        var first = store.AppendAsync(Samples.Block("a", 0)).AsTask();
        await _disk.Waiting.WaitAsync(Token);
        var flushes = _disk.Flushes;
        var others = Enumerable.Range(1, 99).Select(i => store.AppendAsync(Samples.Block("a", i)).AsTask()).ToArray();
        Assert.DoesNotContain(others.Append(first), write => write.IsCompleted);
        _disk.Release();
        await Task.WhenAll([first, .. others]);

        Assert.Equal(2, _disk.Flushes - flushes);
    }

    [Fact]
    public async Task Nothing_unacknowledged_is_counted_durable_or_read()
    {
        var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 0));
        _disk.Hold();
        var waiting = store.AppendAsync(Samples.Block("a", 1)).AsTask();
        await _disk.Waiting.WaitAsync(Token);

        var state = new RecordedShard();
        Assert.Equal(1, await store.ReplayAsync(state, Token));
        Assert.Equal([("a", 0L)], state.Order);
        Assert.Equal(1, store.GetStatistics().DurableLsn);
        var found = new bool[1];
        await store.ReadEmbeddingsAsync(new[] { Samples.Face("a", 1) }, new float[Samples.Dimension], found, Token);
        Assert.False(found[0]);
        _disk.Release();
        Assert.Equal(2, await waiting);
    }

    [Fact]
    public async Task Too_much_waiting_is_refused_and_accepted_later()
    {
        var store = await _factory.OpenAsync(new ShardName("large", 0), ShardLimits.MaxDimension, new RecordedShard(), Token);
        _disk.Hold();
        var writes = new List<Task<long>>();
        ItemBlock Block(int i) => new()
        {
            Camera = "a",
            Items = [Samples.Item("a", i, faces: 256)],
            Embeddings = new byte[256 * ShardLimits.MaxDimension * sizeof(float)],
        };

        var refused = await Assert.ThrowsAsync<ShardBusyException>(() =>
        {
            while (true)
            {
                writes.Add(store.AppendAsync(Block(writes.Count)).AsTask());
            }
        });

        Assert.Equal(7, writes.Count);
        Assert.Contains($"the limit is {ShardLimits.MaxRecordBytes}", refused.Message, StringComparison.Ordinal);
        _disk.Release();
        await Task.WhenAll(writes);
        Assert.Equal(8, await store.AppendAsync(Block(7)));
    }

    [Fact]
    public async Task Failed_compaction_changes_nothing_and_writes_go_on()
    {
        var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));
        await store.CompactAsync(Token);
        await store.DeleteAsync(new Deletion { Own = [Samples.Face("a", 1)] });
        await store.AppendAsync(Samples.Block("a", 2));

        // The log turns over first; its file is made before the disk fails.
        var calls = 0;
        _disk.Watch = () => _disk.FailFlush = ++calls > 2;
        await Assert.ThrowsAsync<ShardCompactionException>(() => store.CompactAsync(Token));
        _disk.Watch = null;
        _disk.FailFlush = false;

        Assert.Equal(4, await store.AppendAsync(Samples.Block("a", 3)));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp", SearchOption.AllDirectories));
        await store.CompactAsync(Token);
        var state = new RecordedShard();
        await store.ReplayAsync(state, Token);
        Assert.Equal([("a", 1L), ("a", 2L), ("a", 3L)], state.Order);
        Assert.Equal([Samples.Face("a", 1)], state.Deleted);
    }

    [Fact]
    public async Task Disk_full_at_open_is_reported_and_cured_by_space()
    {
        _disk.FailWriteAfter = 0;
        await Assert.ThrowsAsync<ShardFailedException>(OpenAsync);
        _disk.FailWriteAfter = null;

        var store = await OpenAsync();
        Assert.Equal(1, await store.AppendAsync(Samples.Block("a", 1)));
    }

    private async Task AssertFailedAndReopenAsync(IShardStore store)
    {
        var error = await Assert.ThrowsAsync<ShardFailedException>(async () => await store.AppendAsync(Samples.Block("a", 2)));
        Assert.IsType<IOException>(error.InnerException);
        (_disk.FailWriteAfter, _disk.FailFlush) = (null, false);
        await Assert.ThrowsAsync<ShardFailedException>(async () => await store.AppendAsync(Samples.Block("a", 3)));
        await Assert.ThrowsAsync<ShardFailedException>(async () => await store.DeleteAsync(new Deletion()));
        var now = new RecordedShard();
        Assert.Equal(1, await store.ReplayAsync(now, Token));

        var state = new RecordedShard();
        var reopened = await _factory.OpenAsync(Key, Samples.Dimension, state, Token);
        Assert.Equal([("a", 1L)], state.Order);
        Assert.Equal(2, await reopened.AppendAsync(Samples.Block("a", 2)));
    }

    private async Task<IShardStore> OpenAsync() => await _factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
}
