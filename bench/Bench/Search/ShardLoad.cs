using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FaceCluster.Grains;
using FaceCluster.Index.Benchmarking;
using FaceCluster.Storage;
using FaceCluster.Storage.InMemory;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Bench.Search;

/// <summary>One shard in a silo of its own, and clients that search it, each one query at a time.</summary>
internal sealed class ShardLoad : IAsyncDisposable
{
    private const int Dimension = 512;
    private const int BlockItems = 32;
    private const int QueryCount = 1024;

    private readonly IHost _host;
    private readonly IMetadataStore _metadata;
    private readonly ReadOnlyMemory<byte>[] _queries;
    private readonly IShardGrain _shard;
    private readonly MeterListener _listener = new();
    private long _scans;
    private long _scannedQueries;

    private ShardLoad(IHost host, IMetadataStore metadata, int faces, ScanSharing sharing)
    {
        (_host, _metadata, Faces, Sharing) = (host, metadata, faces, sharing);
        _shard = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IShardGrain>(ShardKey.Of("bench", 0));
        var rows = SphereMixture.For(faces).Rows(faces, QueryCount);
        _queries = [.. Enumerable.Range(0, QueryCount).Select(i => (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(rows.AsSpan(i * Dimension, Dimension)).ToArray())];
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "FaceCluster.Shards", Name: "scan.size" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };

        // The instrument is the process's: only one of the loads runs at a time.
        _listener.SetMeasurementEventCallback<int>((_, queries, _, _) =>
        {
            Interlocked.Increment(ref _scans);
            Interlocked.Add(ref _scannedQueries, queries);
        });
        _listener.Start();
    }

    public int Faces { get; }

    public ScanSharing Sharing { get; }

    public static async Task<ShardLoad> StartAsync(int faces, ScanSharing sharing)
    {
        var metadata = await SqliteMetadataStore.OpenInMemoryAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IShardStoreFactory>(new InMemoryShardStoreFactory());
        builder.Services.AddSingleton<IMetadataStore>(metadata);
        builder.Services.AddFaceClusterGrains();
        builder.Services.Configure<ShardOptions>(options => (options.ScanBatch, options.ScanGather) = (sharing.Batch, TimeSpan.FromMilliseconds(sharing.GatherMilliseconds)));
        builder.UseOrleans(silo =>
        {
            var name = Guid.NewGuid().ToString("N");
            silo.UseLocalhostClustering(FreePort(), FreePort(), serviceId: name, clusterId: name);
        });
        var host = builder.Build();
        await host.StartAsync();
        var settings = new CollectionSettings { ModelId = "bench", Dimension = Dimension, ShardCount = 1, Linking = false };
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICatalogGrain>(0).Create("bench", settings);
        var load = new ShardLoad(host, metadata, faces, sharing);
        await load.FillAsync();
        return load;
    }

    /// <summary>So many clients, each of which sends its next query when the last is answered.</summary>
    public async Task<ShardLoadResult> RunAsync(int clients, double seconds)
    {
        (_scans, _scannedQueries) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => ClientAsync(client, started, seconds))));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double[] times = [.. all.SelectMany(part => part).Order()];
        return new ShardLoadResult(
            "facecluster-shard-search", Faces, clients, Sharing.Batch, Sharing.GatherMilliseconds, times.Length / elapsed, Percentile(times, 0.5), Percentile(times, 0.99),
            _scannedQueries / (double)Math.Max(1, _scans));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        await _metadata.DisposeAsync();
    }

    private async Task<List<double>> ClientAsync(int client, long started, double seconds)
    {
        var times = new List<double>();
        for (var next = client * 17; Stopwatch.GetElapsedTime(started).TotalSeconds < seconds; next++)
        {
            var begun = Stopwatch.GetTimestamp();
            _ = await _shard.Search(new ShardQuery { Embeddings = _queries[next % QueryCount], Limit = 10 });
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return times;
    }

    private async Task FillAsync()
    {
        var mixture = SphereMixture.For(Faces);
        for (var first = 0; first < Faces; first += BlockItems)
        {
            var count = Math.Min(BlockItems, Faces - first);
            await _shard.Append(new IngestBlock
            {
                Camera = "camera",
                Items = [.. Enumerable.Range(first, count).Select(static number => new IngestItem { Sequence = number, Faces = [new FaceObservation()] })],
                Embeddings = MemoryMarshal.AsBytes(mixture.Rows(first, count).AsSpan()).ToArray(),
            });
        }
    }

    private static double Percentile(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
