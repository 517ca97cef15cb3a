using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage;
using FaceCluster.Storage.Log;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Shards;
using FaceCluster.Testing;

namespace FaceCluster.Robustness.Measure;

/// <summary>How long a shard of 100,000 linked faces takes to open on each store, unit vectors computed on the way.</summary>
public static class Recovery
{
    private const int Faces = 100_000;
    private const int BlockSize = 32;
    private const int Dimension = 512;
    private static readonly ShardName Shard = new("recovery", 0);

    /// <summary>Measures and prints a line each.</summary>
    public static async Task RunAsync(Action<string> print, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(print);
        var folder = Directory.CreateTempSubdirectory("facecluster-recovery-").FullName;
        await using (var log = new LogShardStoreFactory(folder))
        {
            await MeasureAsync("embedded", log, print, cancellationToken);
        }

        Directory.Delete(folder, recursive: true);
        await using var server = await PostgresServer.TryStartAsync() ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        await using var database = await PostgresDatabase.OpenAsync(new PostgresStorageOptions { ConnectionString = server.ConnectionString }, cancellationToken);
        await using var postgres = new PostgresShardStoreFactory(database);
        await MeasureAsync("PostgreSQL", postgres, print, cancellationToken);
    }

    private static async Task MeasureAsync(string name, IShardStoreFactory stores, Action<string> print, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await FillAsync(stores, cancellationToken);
        print(string.Create(CultureInfo.InvariantCulture, $"{name,-12} filled in            {Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.00} s"));
        var times = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            started = Stopwatch.GetTimestamp();
            var units = new Units();
            await using var store = await stores.OpenAsync(Shard, Dimension, units, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (units.Count != Faces)
            {
                throw new InvalidOperationException($"{units.Count} faces came back.");
            }
        }

        times.Sort();
        print(string.Create(CultureInfo.InvariantCulture, $"{name,-12} opened in (of three)  {times[1],6:0.00} s  {Faces / times[1],9:#,0} faces/s"));
    }

    private static async Task FillAsync(IShardStoreFactory stores, CancellationToken cancellationToken)
    {
        await using var store = await stores.OpenAsync(Shard, Dimension, new Units(), cancellationToken);
        var random = new Random(1);
        var writes = new Queue<Task>();
        for (var at = 0; at < Faces; at += BlockSize)
        {
            var count = Math.Min(BlockSize, Faces - at);
            var values = new float[count * Dimension];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(random.NextDouble() - 0.5);
            }

            FaceId[] ids = [.. Enumerable.Range(at, count).Select(n => FaceId.Derive("recovery", "camera", n, 0))];
            writes.Enqueue(store.AppendAsync(new ItemBlock
            {
                Camera = "camera",
                Items = [.. ids.Select((id, i) => new ItemEntry { Sequence = at + i, CapturedAtMicros = at, PayloadDigest = 1, Source = EntrySource.Embedding, Faces = [new FaceEntry(id, null, 1, 6)] })],
                Embeddings = MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
            }).AsTask());
            CandidateEntry[] list = [.. ids.Take(4).Select(id => new CandidateEntry(id, 0.7))];
            writes.Enqueue(store.ApplyLinksAsync(new LinkUpdate { Changed = [.. ids.Select(id => new LinkEntry(id, list))], Linked = ids }).AsTask());
            while (writes.Count > 64)
            {
                await writes.Dequeue();
            }
        }

        await Task.WhenAll(writes);
    }

    private sealed class Units : IShardReplay
    {
        private readonly float[] _unit = new float[Dimension];

        public int Count { get; private set; }

        public void OnAppend(long lsn, ItemBlock block)
        {
            var values = MemoryMarshal.Cast<byte, float>(block.Embeddings.Span);
            for (var at = 0; at < values.Length; at += Dimension)
            {
                Similarity.Normalize(values.Slice(at, Dimension), _unit);
                Count++;
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
