using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using FaceCluster.Grains;
using FaceCluster.Index.Benchmarking;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace FaceCluster.Bench.Ingest;

/// <summary>
/// What one more face costs as the gallery grows: at each size a batch of further faces is streamed in, stored durably and
/// linked in 16 shards, and then single searches run on an otherwise idle server.
/// </summary>
internal static class GrowthScenario
{
    private const int Dimension = 512;
    private const int Shards = 16;
    private const int Cameras = 16;
    private const int Searches = 200;
    private static readonly int[] Sizes = [10_000, 50_000, 100_000, 200_000];

    /// <summary>Arguments: the largest size to measure (default 200000), a connection string of PostgreSQL (default: the embedded store).</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var largest = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : Sizes[^1];
        await using var system = await BenchSystem.StartAsync(Shards, linking: true, database: args.Length > 1 ? args[1] : null);
        var mixture = SphereMixture.For(Sizes[^1], Dimension);
        var forest = system.Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IForestGrain>(BenchSystem.Collection);
        var (stored, camera) = (0, 0);
        foreach (var size in Sizes.Where(size => size <= largest))
        {
            // Up to a little below the size, then a batch of its own around it.
            const int Batch = Cameras * 128;
            await SendAsync(size - (Batch / 2) - stored, pooled: false);
            var (seconds, processor) = await SendAsync(Batch, pooled: true);
            var searches = await SearchAsync(system, mixture);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                name = $"one more face at {size} faces in {Shards} shards",
                wall_us = Math.Round(seconds * 1e6 / Batch),
                processor_us = Math.Round(processor * 1e6 / Batch),
                search_p50_ms = Math.Round(searches[Searches / 2], 2),
                search_p99_ms = Math.Round(searches[Searches * 99 / 100], 2),
            }));
        }

        return 0;

        // Streams faces and waits until they are clustered.
        async Task<(double Seconds, double Processor)> SendAsync(int faces, bool pooled)
        {
            var each = faces / Cameras;
            var first = stored;
            var loads = Enumerable.Range(0, Cameras)
                .Select(n => new CameraLoad(system.Server.GrpcAddress, system.Parent, camera + n, BenchSystem.Model, mixture, first + ((long)n * each), pooled ? each : 0))
                .ToArray();
            camera += Cameras;
            var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await Task.WhenAll(loads.Select(load => load.RunAsync(each, static () => true, CancellationToken.None)));
            stored += each * Cameras;
            while ((await forest.Status()).Faces < stored)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }

            Array.ForEach(loads, static load => load.Dispose());
            return (Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
        }
    }

    /// <summary>Milliseconds of single searches for ten faces, one after the other, ascending.</summary>
    private static async Task<double[]> SearchAsync(BenchSystem system, SphereMixture mixture)
    {
        using var channel = GrpcChannel.ForAddress(system.Server.GrpcAddress);
        var client = new FaceService.FaceServiceClient(channel);
        var unit = new float[Dimension];
        var times = new double[Searches];
        for (var i = 0; i < times.Length; i++)
        {
            mixture.Row(10_000_000 + i, unit);
            var request = new SearchFacesRequest
            {
                Parent = system.Parent,
                Query = new FaceQuery { Embedding = new Embedding { ModelId = BenchSystem.Model, Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(unit.AsSpan())) } },
                MaxResults = 10,
            };
            var started = Stopwatch.GetTimestamp();
            await client.SearchFacesAsync(request);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }
}
