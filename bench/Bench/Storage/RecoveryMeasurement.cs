using System.Diagnostics;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage;
using FaceCluster.Storage.Log;

namespace FaceCluster.Bench.Storage;

/// <summary>Opening a shard of 100,000 linked faces, and compacting it while writes go on.</summary>
internal static class RecoveryMeasurement
{
    private const int Faces = 100_000;

    private static readonly ShardName Shard = new("recovery", 0);

    public static async Task RunAsync(string folder, Action<string, double> report)
    {
        await using (var factory = new LogShardStoreFactory(folder))
        {
            await FillAsync(await factory.OpenAsync(Shard, StorageLoad.Dimension, new UnitVectors()));
        }

        var bytes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        report("recovery_mb", bytes / 1e6);
        report("recovery_read_alone_s", ReadAlone(folder));
        report("recovery_log_s", await OpenAsync(folder, null));
        report("recovery_snapshot_s", await OpenAsync(folder, async store =>
        {
            var start = Stopwatch.GetTimestamp();
            var compaction = store.CompactAsync();
            var during = await StorageLoad.RunAsync([async block => await store.AppendAsync(block)], 8, TimeSpan.FromSeconds(0.5));
            await compaction;
            report("compaction_s", Stopwatch.GetElapsedTime(start).TotalSeconds);
            report("append_during_compaction_per_s", during.EmbeddingsPerSecond);
            report("append_during_compaction_p99_ms", during.P99Ms);
            await store.CompactAsync();
        }));
    }

    private static async Task FillAsync(IShardStore store)
    {
        var writes = new List<Task>();
        for (var face = 0; face < Faces; face += StorageLoad.BlockItems)
        {
            var block = StorageLoad.Block($"camera-{face % 50}", face);
            writes.Add(store.AppendAsync(block).AsTask());
            var ids = block.Items.Select(item => item.Faces[0].Id).ToArray();
            var candidates = ids.Take(4).Select((id, i) => new CandidateEntry(id, 0.9 - (i * 0.1))).ToArray();
            writes.Add(store.ApplyLinksAsync(new LinkUpdate { Changed = [.. ids.Select(id => new LinkEntry(id, candidates))], Linked = ids }).AsTask());
            if (writes.Count >= 64)
            {
                await Task.WhenAll(writes);
                writes.Clear();
            }
        }

        await Task.WhenAll(writes);
    }

    private static async Task<double> OpenAsync(string folder, Func<IShardStore, Task>? before)
    {
        if (before is not null)
        {
            await using var first = new LogShardStoreFactory(folder);
            await before(await first.OpenAsync(Shard, StorageLoad.Dimension, new UnitVectors()));
        }

        var best = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            await using var factory = new LogShardStoreFactory(folder);
            var replay = new UnitVectors();
            var start = Stopwatch.GetTimestamp();
            await factory.OpenAsync(Shard, StorageLoad.Dimension, replay);
            // A compaction measured before has added faces: the figure is for 100,000.
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds * Faces / replay.Count);
        }

        return best;
    }

    private static double ReadAlone(string folder)
    {
        var best = double.MaxValue;
        var buffer = new byte[1 << 20];
        for (var i = 0; i < 3; i++)
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                using var handle = File.OpenHandle(path);
                for (var (offset, read) = (0L, 1); read > 0; offset += read)
                {
                    read = RandomAccess.Read(handle, buffer, offset);
                }
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>What a shard does with its faces as they come: unit vectors in chunks of memory.</summary>
    private sealed class UnitVectors : IShardReplay
    {
        private readonly List<float[]> _chunks = [];

        public int Count { get; private set; }

        public void OnAppend(long lsn, ItemBlock block)
        {
            var raw = MemoryMarshal.Cast<byte, float>(block.Embeddings.Span);
            for (; raw.Length > 0; raw = raw[StorageLoad.Dimension..])
            {
                if (Count++ % 1024 == 0)
                {
                    _chunks.Add(GC.AllocateUninitializedArray<float>(1024 * StorageLoad.Dimension));
                }

                var row = _chunks[^1].AsSpan((Count - 1) % 1024 * StorageLoad.Dimension, StorageLoad.Dimension);
                Similarity.Normalize(raw[..StorageLoad.Dimension], row);
            }
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }
    }
}
