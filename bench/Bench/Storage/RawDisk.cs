using System.Diagnostics;

namespace FaceCluster.Bench.Storage;

/// <summary>What the disk gives without any store: each thread appends a chunk to its file and flushes, again and again.</summary>
internal static class RawDisk
{
    /// <returns>Embeddings a second whose bytes were flushed.</returns>
    public static async Task<double> RunAsync(string folder, int files, int blocksPerFlush, TimeSpan duration)
    {
        Directory.CreateDirectory(folder);
        var chunk = new byte[blocksPerFlush * StorageLoad.BlockBytes];
        new Random(2).NextBytes(chunk);
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, files).Select(file => Task.Factory.StartNew(
            () =>
            {
                using var handle = File.OpenHandle(Path.Combine(folder, $"raw{file}"), FileMode.Create, FileAccess.Write);
                var flushes = 0L;
                for (; Stopwatch.GetElapsedTime(start) < duration; flushes++)
                {
                    RandomAccess.Write(handle, chunk, flushes * chunk.Length);
                    RandomAccess.FlushToDisk(handle);
                }

                return flushes;
            },
            TaskCreationOptions.LongRunning)));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.Delete(folder, recursive: true);
        return counts.Sum() * blocksPerFlush * StorageLoad.BlockItems / seconds;
    }
}
