using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Bench.Storage;

/// <summary>What a run of writers achieved.</summary>
/// <param name="EmbeddingsPerSecond">Embeddings acknowledged as durable.</param>
/// <param name="P50Ms">Median time from call to acknowledgement.</param>
/// <param name="P99Ms">99th percentile of it.</param>
/// <param name="CpuMicros">Processor time of the process per embedding.</param>
internal readonly record struct LoadResult(double EmbeddingsPerSecond, double P50Ms, double P99Ms, double CpuMicros);

/// <summary>Cameras that keep a number of blocks of 32 embeddings in flight per shard.</summary>
internal static class StorageLoad
{
    public const int Dimension = 512;
    public const int BlockItems = 32;
    public const int RowBytes = Dimension * sizeof(float);
    public const int BlockBytes = BlockItems * RowBytes;

    private static readonly byte[] Rows = MakeRows();
    private static long _faces;

    public static ItemBlock Block(string camera, long sequence)
    {
        var first = Interlocked.Add(ref _faces, BlockItems) - BlockItems;
        var items = new ItemEntry[BlockItems];
        for (var i = 0; i < items.Length; i++)
        {
            var id = new FaceId((ulong)(first + i + 1) * 0x9E3779B97F4A7C15, (ulong)(first + i));
            items[i] = new ItemEntry
            {
                Sequence = sequence + i,
                CapturedAtMicros = 1_700_000_000_000_000 + sequence,
                PayloadDigest = id.High,
                Source = EntrySource.Embedding,
                Faces = [new FaceEntry(id, new EntryBox(1, 2, 3, 4), 1, 20)],
            };
        }

        // The same values may lie under different ids: no one compresses them.
        return new ItemBlock { Camera = camera, Items = items, Embeddings = Rows.AsMemory((int)(first % 64) * RowBytes, BlockBytes) };
    }

    public static async Task<LoadResult> RunAsync(IReadOnlyList<Func<ItemBlock, ValueTask>> shards, int inFlight, TimeSpan duration)
    {
        var latencies = new ConcurrentBag<List<double>>();
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var writers = shards.SelectMany((append, shard) => Enumerable.Range(0, inFlight).Select(w => Task.Run(async () =>
        {
            var mine = new List<double>();
            for (var sequence = 0L; Stopwatch.GetElapsedTime(start) < duration; sequence += BlockItems)
            {
                var block = Block($"camera-{shard}-{w}", sequence);
                var called = Stopwatch.GetTimestamp();
                await append(block);
                mine.Add(Stopwatch.GetElapsedTime(called).TotalMilliseconds);
            }

            latencies.Add(mine);
        })));
        await Task.WhenAll(writers);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        var all = latencies.SelectMany(list => list).Order().ToArray();
        var embeddings = (double)all.Length * BlockItems;
        return new LoadResult(
            embeddings / seconds, all[all.Length / 2], all[all.Length * 99 / 100], (process.TotalProcessorTime - cpu).TotalMicroseconds / embeddings);
    }

    private static byte[] MakeRows()
    {
        var random = new Random(1);
        var values = new float[(64 + BlockItems) * Dimension];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() - 0.5) * 4);
        }

        return MemoryMarshal.AsBytes<float>(values).ToArray();
    }
}
