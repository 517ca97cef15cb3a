using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Robustness.Load;
using FaceCluster.Storage;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Shards;
using FaceCluster.Testing;

namespace FaceCluster.Robustness.Measure;

/// <summary>
/// The store without the rest of the house: durable embeddings a second through <see cref="PostgresShardStoreFactory"/> with
/// several shards and blocks of 32 in flight, beside plain COPY of the same rows into the same server.
/// </summary>
public static class StoreAlone
{
    private const int Rounds = 3;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    private static readonly (int Shards, int InFlight)[] Shapes = [(1, 8), (4, 8), (12, 1), (12, 8)];

    /// <summary>Measures in turns and prints the medians.</summary>
    public static async Task RunAsync(Action<string> print, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(print);
        await using var server = await PostgresServer.TryStartAsync() ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        var blocks = Blocks();
        await MeasureAsync(server, blocks, (4, 8), cancellationToken);
        await PlainCopy.RunAsync(server, TimeSpan.FromSeconds(1), cancellationToken);
        var copies = new List<double>();
        var stores = Shapes.ToDictionary(shape => shape, _ => new List<Measured>());
        for (var round = 0; round < Rounds; round++)
        {
            copies.Add(await PlainCopy.RunAsync(server, Duration, cancellationToken));
            foreach (var (shape, measured) in stores)
            {
                measured.Add(await MeasureAsync(server, blocks, shape, cancellationToken));
            }
        }

        copies.Sort();
        var copy = copies[Rounds / 2];
        print(string.Create(CultureInfo.InvariantCulture, $"plain COPY, 4 connections     {copy,9:#,0} embeddings/s"));
        foreach (var (shape, measured) in stores)
        {
            var one = measured.OrderBy(result => result.PerSecond).ElementAt(Rounds / 2);
            print(string.Create(
                CultureInfo.InvariantCulture,
                $"store, {shape.Shards,2} shard(s) x {shape.InFlight} blocks {one.PerSecond,9:#,0} embeddings/s  ratio {one.PerSecond / copy:0.00}  p50 {one.P50,5:0.0} ms  processor per embedding: {one.Own,4:0.0} us here, {one.Database,4:0.0} us database"));
        }
    }

    private static async Task<Measured> MeasureAsync(PostgresServer server, ItemBlock[] blocks, (int Shards, int InFlight) shape, CancellationToken cancellationToken)
    {
        await using var database = await PostgresDatabase.OpenAsync(new PostgresStorageOptions { ConnectionString = server.ConnectionString }, cancellationToken);
        await using var stores = new PostgresShardStoreFactory(database);
        var open = new List<IShardStore>();
        for (var shard = 0; shard < shape.Shards; shard++)
        {
            open.Add(await stores.OpenAsync(new ShardName("alone", shard), People.Dimension, new Nothing(), cancellationToken));
        }

        var (own, its) = (ProcessorTime.OfTree(Environment.ProcessId), ProcessorTime.OfTree(server.ProcessId));
        var started = Stopwatch.GetTimestamp();
        var delays = await Task.WhenAll(open.SelectMany(store => Enumerable.Range(0, shape.InFlight).Select(lane => Task.Run(
            async () =>
            {
                var mine = new List<double>();
                for (var at = lane; Stopwatch.GetElapsedTime(started) < Duration; at++)
                {
                    var called = Stopwatch.GetTimestamp();
                    await store.AppendAsync(blocks[at % blocks.Length]);
                    mine.Add(Stopwatch.GetElapsedTime(called).TotalMilliseconds);
                }

                return mine;
            },
            cancellationToken))));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (own, its) = (ProcessorTime.OfTree(Environment.ProcessId) - own - (ProcessorTime.OfTree(server.ProcessId) - its), ProcessorTime.OfTree(server.ProcessId) - its);
        var all = delays.SelectMany(mine => mine).Order().ToArray();
        var embeddings = (double)all.Length * PlainCopy.BlockSize;
        foreach (var store in open)
        {
            await store.DisposeAsync();
        }

        await stores.DeleteCollectionAsync("alone", cancellationToken);
        return new Measured(embeddings / seconds, all[all.Length / 2], own / embeddings * 1e6, its / embeddings * 1e6);
    }

    /// <summary>Made beforehand; the store does not look whether faces repeat.</summary>
    private static ItemBlock[] Blocks()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 64).Select(block =>
        {
            var values = new float[PlainCopy.BlockSize * People.Dimension];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(random.NextDouble() - 0.5);
            }

            return new ItemBlock
            {
                Camera = $"camera-{block}",
                Items = [.. Enumerable.Range(0, PlainCopy.BlockSize).Select(item => new ItemEntry
                {
                    Sequence = item,
                    CapturedAtMicros = item,
                    PayloadDigest = 1,
                    Source = EntrySource.Embedding,
                    Faces = [new FaceEntry(FaceId.Derive("alone", $"camera-{block}", item, 0), null, 1, 6)],
                })],
                Embeddings = MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
            };
        })];
    }

    private sealed record Measured(double PerSecond, double P50, double Own, double Database);

    private sealed class Nothing : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block)
        {
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }
    }
}
