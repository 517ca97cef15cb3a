using FaceCluster.Storage.Log;
using FaceCluster.Storage.Tests.Shards;
using FaceCluster.Storage.Tests.Support;

namespace FaceCluster.Storage.Tests.Recovery;

/// <summary>Files cut off, flipped, missing or put together from different moments.</summary>
public sealed class LogDamageTests : IDisposable
{
    private static readonly ShardName Key = new("faces", 0);

    private readonly TemporaryFolder _folder = new();
    private int _copies;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Log_cut_at_any_byte_keeps_exactly_the_records_before()
    {
        var (root, ends) = await WriteOneByOneAsync(5);
        var log = LogOf(root);
        var length = (int)new FileInfo(log).Length;
        // Every byte of the headers and edges, and some of each body: elsewhere the same cases come back.
        var cuts = Enumerable.Range(0, length + 1).Where(
            cut => cut < 70 || cut % 13 == 0 || (cut >= ends[1] && cut <= ends[1] + 48) || ends.Any(end => Math.Abs(end - cut) < 3));

        foreach (var cut in cuts)
        {
            var copy = Copy(root);
            await using (var stream = File.Open(LogOf(copy), FileMode.Open))
            {
                stream.SetLength(cut);
            }

            if (cut < FileHeader.Size)
            {
                Assert.Empty((await OpenAsync(copy)).Order);
                continue;
            }

            var kept = ends.Count(end => end <= cut);
            var state = await OpenAsync(copy, append: 100);
            Assert.Equal(Enumerable.Range(0, kept).Select(i => ("a", (long)i)), state.Order);
            Assert.Equal(kept + 1, (await OpenAsync(copy)).Order.Count);
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task Flipped_bit_in_the_last_record_cuts_it_off_and_in_an_earlier_one_is_refused()
    {
        var (root, ends) = await WriteOneByOneAsync(4);
        var random = new Random(7);
        long[] starts = [FileHeader.Size, .. ends];
        for (var i = 0; i < 120; i++)
        {
            var record = i % 4;
            var at = random.NextInt64(starts[record], starts[record + 1]);
            var copy = Copy(root);
            Flip(LogOf(copy), at, i % 8);
            var before = await File.ReadAllBytesAsync(LogOf(copy), Token);

            try
            {
                var state = await OpenAsync(copy);
                Assert.True(record == 3, $"Bit {i % 8} of byte {at} in record {record} went unnoticed.");
                Assert.Equal(3, state.Order.Count);
            }
            catch (ShardCorruptException error)
            {
                Assert.NotEqual(3, record);
                Assert.Equal((LogOf(copy), starts[record]), (error.Path, error.Offset));
                Assert.Equal(before, await File.ReadAllBytesAsync(LogOf(copy), Token));
            }
        }
    }

    [Fact]
    public async Task Group_torn_in_its_middle_is_cut_off_there()
    {
        using var disk = new GatedDurability();
        var root = _folder.File("torn");
        await using (var factory = new LogShardStoreFactory(root, new LogShardOptions { Durability = disk }))
        {
            var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
            disk.Hold();
            var first = store.AppendAsync(Samples.Block("a", 0)).AsTask();
            await disk.Waiting.WaitAsync(Token);
            var group = Enumerable.Range(1, 3).Select(i => store.AppendAsync(Samples.Block("a", i)).AsTask()).ToArray();
            disk.Release();
            await Task.WhenAll([first, .. group]);
        }

        var recordBytes = (new FileInfo(LogOf(root)).Length - FileHeader.Size) / 4;
        Flip(LogOf(root), FileHeader.Size + (recordBytes * 2) + 50, 3);

        // The third record is bad, the fourth is whole, and both were flushed together: a crash can do that.
        Assert.Equal([("a", 0L), ("a", 1L)], (await OpenAsync(root)).Order);
    }

    [Fact]
    public async Task Embedding_made_up_to_look_like_a_record_is_not_taken_for_one()
    {
        var (other, _) = await WriteOneByOneAsync(8);
        await using (var factory = new LogShardStoreFactory(other))
        {
            var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
            await store.DeleteAsync(new Deletion { Own = [Samples.Face("a", 1)] });
        }

        // A record of a later group than any of the shard below, which would make a torn tail look like damage.
        var newest = Directory.GetFiles(FolderOf(other), "*.fcl").Order(StringComparer.Ordinal).Last();
        var record = (await File.ReadAllBytesAsync(newest, Token))[FileHeader.Size..];
        var root = _folder.File("forged");
        await using (var factory = new LogShardStoreFactory(root))
        {
            var store = await factory.OpenAsync(Key, 2048, new RecordedShard(), Token);
            var embedding = new byte[2048 * sizeof(float)];
            record.CopyTo(embedding.AsSpan(8));
            await store.AppendAsync(new ItemBlock { Camera = "a", Items = [Samples.Item("a", 1)], Embeddings = embedding });
        }

        Flip(LogOf(root), FileHeader.Size + RecordHeader.Size, 0);

        var state = new RecordedShard();
        await using var reopened = new LogShardStoreFactory(root);
        await reopened.OpenAsync(Key, 2048, state, Token);
        Assert.Empty(state.Order);
    }

    [Fact]
    public async Task Flipped_bit_in_a_snapshot_is_refused()
    {
        var (root, _) = await WriteOneByOneAsync(3, compact: true);
        var length = new FileInfo(SnapshotOf(root)).Length;
        for (var i = 0; i < 60; i++)
        {
            var copy = Copy(root);
            var at = i * length / 60;
            Flip(SnapshotOf(copy), at, i % 8);

            await Assert.ThrowsAsync<ShardCorruptException>(() => OpenAsync(copy));
        }
    }

    [Fact]
    public async Task Snapshot_cut_off_is_refused()
    {
        var (root, _) = await WriteOneByOneAsync(3, compact: true);
        for (var length = new FileInfo(SnapshotOf(root)).Length - 1; length >= 0; length -= 17)
        {
            await using (var stream = File.Open(SnapshotOf(root), FileMode.Open))
            {
                stream.SetLength(length);
            }

            await Assert.ThrowsAsync<ShardCorruptException>(() => OpenAsync(root));
        }
    }

    [Fact]
    public async Task Missing_log_is_refused()
    {
        var (root, _) = await WriteOneByOneAsync(2);
        await OpenAsync(root, append: 100);
        await OpenAsync(root, append: 101);
        File.Delete(Directory.GetFiles(FolderOf(root), "*.fcl").Order(StringComparer.Ordinal).ElementAt(1));

        var error = await Assert.ThrowsAsync<ShardCorruptException>(() => OpenAsync(root));

        Assert.Contains("starts after record 3, but the files before it end with record 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_of_another_shard_is_refused()
    {
        var (root, _) = await WriteOneByOneAsync(2);
        Directory.Move(FolderOf(root), Path.Combine(Path.GetDirectoryName(FolderOf(root))!, "00001"));
        await using var factory = new LogShardStoreFactory(root);

        await Assert.ThrowsAsync<ShardCorruptException>(
            async () => await factory.OpenAsync(new ShardName("faces", 1), Samples.Dimension, new RecordedShard(), Token));
    }

    [Fact]
    public async Task Compaction_interrupted_at_any_write_flush_or_deletion_loses_nothing()
    {
        using var disk = new GatedDurability();
        var root = _folder.File("compaction");
        var expected = new RecordedShard();
        var moments = new List<string>();
        await using (var factory = new LogShardStoreFactory(root, new LogShardOptions { Durability = disk }))
        {
            var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
            for (var i = 0; i < 4; i++)
            {
                var block = Samples.Block("a", i * 10, items: 3, faces: 2);
                expected.OnAppend(await store.AppendAsync(block), block);
                var deletion = new Deletion { Own = [Samples.Face("a", (i * 10) + 1)] };
                expected.OnDelete(await store.DeleteAsync(deletion), deletion);
                disk.Watch = () => moments.Add(Copy(root));
                await store.CompactAsync(Token);
                disk.Watch = null;
                await AssertAsync(moments, expected);

                // After the rename and before the deletions: the old files are all still there.
                var both = Copy(moments[^1]);
                CopyInto(FolderOf(root), FolderOf(both));
                await AssertAsync([both], expected);
                moments.Clear();
            }
        }
    }

    private async Task AssertAsync(List<string> roots, RecordedShard expected)
    {
        Assert.NotEmpty(roots);
        foreach (var root in roots)
        {
            var moment = Copy(root);
            expected.AssertSame(await OpenAsync(moment, append: 1000));
            Assert.Equal(expected.Order.Count + 1, (await OpenAsync(moment)).Order.Count);
            Assert.Empty(Directory.GetFiles(FolderOf(moment), "*.tmp"));
        }
    }

    private async Task<(string Root, long[] Ends)> WriteOneByOneAsync(int records, bool compact = false)
    {
        var root = _folder.File($"root{_copies++}");
        var ends = new long[records];
        await using var factory = new LogShardStoreFactory(root);
        var store = await factory.OpenAsync(Key, Samples.Dimension, new RecordedShard(), Token);
        for (var i = 0; i < records; i++)
        {
            await store.AppendAsync(Samples.Block("a", i));
            ends[i] = new FileInfo(LogOf(root)).Length;
        }

        if (compact)
        {
            await store.CompactAsync(Token);
        }

        return (root, ends);
    }

    private static async Task<RecordedShard> OpenAsync(string root, long? append = null)
    {
        await using var factory = new LogShardStoreFactory(root, new LogShardOptions { CommitThreads = 1 });
        var state = new RecordedShard();
        var store = await factory.OpenAsync(Key, Samples.Dimension, state, Token);
        if (append is { } sequence)
        {
            await store.AppendAsync(Samples.Block("a", sequence));
        }

        return state;
    }

    private static string FolderOf(string root) => Path.Combine(root, "collections", "faces", "00000");

    private static string LogOf(string root) => Directory.GetFiles(FolderOf(root), "*.fcl").Order(StringComparer.Ordinal).First();

    private static string SnapshotOf(string root) => Directory.GetFiles(FolderOf(root), "*.fcs").Single();

    private string Copy(string root)
    {
        var copy = _folder.File($"copy{_copies++}");
        CopyInto(FolderOf(root), FolderOf(copy));
        return copy;
    }

    private static void CopyInto(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }
    }

    private static void Flip(string path, long offset, int bit)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var value = new byte[1];
        RandomAccess.Read(file, value, offset);
        RandomAccess.Write(file, [(byte)(value[0] ^ (1 << bit))], offset);
    }
}
