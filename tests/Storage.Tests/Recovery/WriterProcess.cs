using System.Diagnostics;
using System.Globalization;
using FaceCluster.Storage.Tests.Shards;

namespace FaceCluster.Storage.Tests.Recovery;

/// <summary>
/// A process that writes two shards from several tasks, deletes, links and compacts, and says each write that was
/// acknowledged, until it is killed.
/// </summary>
internal static class WriterProcess
{
    public const string Command = "write-until-killed";

    private static readonly ShardName[] Shards = [new("faces", 0), new("faces", 1)];

    public static Process Start(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(WriterProcess).Assembly.Location);
        }

        start.ArgumentList.Add(Command);
        start.ArgumentList.Add(path);
        return Process.Start(start)!;
    }

    public static async Task<int> RunAsync(string path)
    {
        using var directory = DataDirectory.Open(path);
        await using var metadata = await directory.OpenMetadataAsync();
        await using var factory = directory.CreateShardStores();
        var tasks = new List<Task>();
        foreach (var shard in Shards)
        {
            var state = new RecordedShard();
            var store = await factory.OpenAsync(shard, Samples.Dimension, state);
            for (var camera = 0; camera < 3; camera++)
            {
                tasks.Add(WriteAsync(store, $"{shard.Number}-{camera}", state));
            }

            tasks.Add(CompactAsync(store));
        }

        tasks.Add(CountAsync());
        await Task.WhenAll(tasks);
        return 0;

        async Task CountAsync()
        {
            var version = (await metadata.Values.FindAsync("count"))?.Version ?? 0;
            while (true)
            {
                version = await metadata.Values.PutAsync("count", Array.Empty<byte>(), version);
                Say($"value {version}");
            }
        }
    }

    private static async Task WriteAsync(IShardStore store, string camera, RecordedShard state)
    {
        var next = state.Order.Where(item => item.Camera == camera).Select(item => item.Sequence + 1).DefaultIfEmpty().Max();
        while (true)
        {
            var block = Samples.Block(camera, next, items: 3, faces: 2);
            next += 3;
            await store.AppendAsync(block);
            foreach (var item in block.Items)
            {
                Say($"item {store.Shard.Number} {camera} {item.Sequence}");
            }

            var (kept, deleted) = (block.Items[0].Faces[0].Id, block.Items[1].Faces[1].Id);
            await store.ApplyLinksAsync(new LinkUpdate { Changed = [Samples.List(kept, deleted)], Linked = [kept] });
            Say($"linked {store.Shard.Number} {kept}");
            await store.DeleteAsync(new Deletion { Own = [deleted] });
            Say($"deleted {store.Shard.Number} {deleted}");
        }
    }

    private static async Task CompactAsync(IShardStore store)
    {
        while (true)
        {
            await store.CompactAsync();
            Say(string.Create(CultureInfo.InvariantCulture, $"compacted {store.Shard.Number} {store.GetStatistics().SnapshotLsn}"));
        }
    }

    private static void Say(string line)
    {
        lock (Shards)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
