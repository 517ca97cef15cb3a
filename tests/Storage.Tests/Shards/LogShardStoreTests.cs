using FaceCluster.Core;
using FaceCluster.Storage.Log;
using FaceCluster.Storage.Tests.Support;

namespace FaceCluster.Storage.Tests.Shards;

public sealed class LogShardStoreTests : ShardStoreContract, IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogShardStoreFactory _factory;

    public LogShardStoreTests() => _factory = new LogShardStoreFactory(_folder.Path, new LogShardOptions { CommitThreads = 2 });

    private protected override IShardStoreFactory Factory => _factory;

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Compaction_leaves_no_byte_of_deleted_embeddings_in_any_file()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 2000; i += 20)
        {
            await store.AppendAsync(Samples.Block("a", i, items: 20));
        }

        var deleted = Enumerable.Range(0, 100).Select(i => Samples.Face("a", i * 19)).ToArray();
        await store.ApplyLinksAsync(new LinkUpdate { Changed = [.. deleted.Select(face => Samples.List(face, face))], Linked = deleted });
        await store.DeleteAsync(new Deletion { Own = deleted });
        Assert.All(deleted, face => Assert.True(_folder.Contains(Pattern(face))));

        await store.CompactAsync(Token);

        Assert.All(deleted, face => Assert.False(_folder.Contains(Pattern(face))));
        Assert.True(_folder.Contains(Pattern(Samples.Face("a", 1))));

        static byte[] Pattern(FaceId face) => Samples.Bytes(Samples.Embedding(face))[..16];
    }

    [Fact]
    public async Task Shard_directories_of_odd_collection_names_stay_inside_the_root_and_apart()
    {
        string[] names = ["..", ".", "a b", "A", "a", "é", "a%20b", "con:nul\\x"];
        foreach (var name in names)
        {
            await using var store = await Factory.OpenAsync(new ShardName(name, 0), Samples.Dimension, new RecordedShard(), Token);
            await store.AppendAsync(Samples.Block(name, 1));
        }

        foreach (var name in names)
        {
            var state = new RecordedShard();
            await using var store = await Factory.OpenAsync(new ShardName(name, 0), Samples.Dimension, state, Token);
            Assert.Equal([(name, 1L)], state.Order);
        }

        Assert.Equal(names.Length, Directory.GetDirectories(_folder.File("collections")).Length);
    }

    [Fact]
    public async Task Replaced_links_do_not_pile_up()
    {
        await using var factory = new LogShardStoreFactory(_folder.File("links"), new LogShardOptions { CompactLinkBytes = 50_000 });
        var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
        var expected = new RecordedShard();
        var block = Samples.Block("a", 0, items: 20);
        expected.OnAppend(await store.AppendAsync(block), block);
        FaceId[] faces = [.. expected.Embeddings.Keys];
        var written = 0L;
        for (var i = 0; store.GetStatistics().SnapshotLsn == 0; i++)
        {
            Assert.True(i < 100_000, "No snapshot was made.");
            var links = new LinkUpdate { Changed = [.. faces.Select(face => Samples.List(face, faces[i % 20], faces[(i + 1) % 20]))] };
            expected.OnLinks(await store.ApplyLinksAsync(links), links);
            written += 20 * 65;
        }

        Assert.InRange(written, 50_000, long.MaxValue);
        await factory.DisposeAsync();

        var state = new RecordedShard();
        await using var reopened = new LogShardStoreFactory(_folder.File("links"));
        await reopened.OpenAsync(Key, Samples.Dimension, state, Token);
        expected.AssertSame(state);
    }

    [Fact]
    public async Task Deleted_shard_leaves_no_file()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Samples.Block("a", 1));

        await Factory.DeleteShardAsync(Key, Token);

        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
        await Assert.ThrowsAsync<ShardFencedException>(async () => await store.AppendAsync(Samples.Block("a", 2)));
    }

    [Fact]
    public async Task Factory_disposal_commits_what_was_called_and_refuses_opens()
    {
        var store = await OpenAsync();
        var writes = Enumerable.Range(0, 50).Select(i => store.AppendAsync(Samples.Block("a", i)).AsTask()).ToArray();

        await _factory.DisposeAsync();

        Assert.Equal(50, (await Task.WhenAll(writes))[^1]);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => OpenAsync());
    }
}
