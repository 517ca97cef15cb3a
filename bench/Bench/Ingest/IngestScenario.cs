using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FaceCluster.Grains;
using FaceCluster.Index.Benchmarking;
using Microsoft.Extensions.DependencyInjection;

namespace FaceCluster.Bench.Ingest;

/// <summary>
/// Embeddings through the whole house: gRPC stream, gateway, shard, log, acknowledgement, with client and server on the
/// same cores. Against the same path with shards that only remember, and with linking on as the collection grows.
/// </summary>
internal static class IngestScenario
{
    private const int Dimension = 512;
    private const int Cameras = 4;

    /// <summary>Bar of the durable path without linking, embeddings per second on two cores.</summary>
    private const double Bar = 60_000;

    /// <summary>Sizes of the collection at which the clustering rate is stated.</summary>
    private static readonly int[] Marks = [10_000, 50_000, 100_000];

    /// <summary>
    /// Arguments: seconds per measurement (default 8), faces with linking on (default 100000; 0 leaves it out), rounds
    /// without linking (default 3). A round measures both ways; the first round is thrown away, since the just-in-time
    /// compiler and the memory of the machine are cold in it. The medians of the others count.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 8;
        var faces = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;
        var rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 3;
        var (memories, durables) = (new List<double>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            var warming = round == 0 ? " (warming up)" : string.Empty;
            memories.Add(await ThroughputAsync($"memory only{warming}", durable: false, seconds));
            durables.Add(await ThroughputAsync($"durable{warming}", durable: true, seconds));
        }

        var durable = Median(durables);
        Print(new { name = "durable against memory only, medians", embeddings_per_s = Math.Round(durable), ratio = Math.Round(durable / Median(memories), 3) });
        if (faces > 0)
        {
            await LinkingAsync(faces);
        }

        return durable >= Bar ? 0 : 1;
    }

    private static async Task<double> ThroughputAsync(string name, bool durable, double seconds)
    {
        await using var system = await BenchSystem.StartAsync(shards: 4, linking: false, durable);
        using var stop = new CancellationTokenSource();
        var warm = false;
        var mixture = SphereMixture.For(100_000, Dimension);
        var cameras = Enumerable.Range(0, Cameras)
            .Select(n => new CameraLoad(system.Server.GrpcAddress, system.Parent, n, BenchSystem.Model, mixture, n * 10_000L, pool: 1024)).ToArray();
        var running = cameras.Select(camera => camera.RunAsync(long.MaxValue - 64, () => Volatile.Read(ref warm), stop.Token)).ToArray();
        // Long enough for the just-in-time compiler to be done with the way of a face.
        await Task.Delay(TimeSpan.FromSeconds(3));
        Volatile.Write(ref warm, true);
        var before = cameras.Sum(static camera => camera.Acknowledged);
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var stored = cameras.Sum(static camera => camera.Acknowledged) - before;
        var rate = stored / Stopwatch.GetElapsedTime(started).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        var delays = cameras.SelectMany(static camera => camera.Delays).Order().ToArray();
        Print(new
        {
            name = $"ingest, {name}, linking off",
            embeddings_per_s = Math.Round(rate),
            cpu_us_each = Math.Round(cpu.TotalMicroseconds / stored, 1),
            ack_p50_ms = Math.Round(delays[delays.Length / 2], 2),
            ack_p99_ms = Math.Round(delays[(int)(delays.Length * 0.99)], 2),
        });
        Array.ForEach(cameras, static camera => camera.Dispose());
        return rate;
    }

    /// <summary>Sends all faces and states how fast they were clustered around each size of the collection.</summary>
    private static async Task LinkingAsync(int faces)
    {
        await using var system = await BenchSystem.StartAsync(shards: 4, linking: true);
        var mixture = SphereMixture.For(faces, Dimension);
        var each = faces / Cameras;
        var cameras = Enumerable.Range(0, Cameras)
            .Select(n => new CameraLoad(system.Server.GrpcAddress, system.Parent, n, BenchSystem.Model, mixture, (long)n * each, pool: 0)).ToArray();
        var started = Stopwatch.GetTimestamp();
        var sending = Task.WhenAll(cameras.Select(camera => camera.RunAsync(each, static () => true, CancellationToken.None)));
        var marks = new Queue<int>(Marks.Where(mark => mark <= faces));
        var forest = system.Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IForestGrain>(BenchSystem.Collection);
        var (lastCount, lastTime) = (0L, 0.0);
        while (marks.Count > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            var count = (await forest.Status()).Faces;
            var time = Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (count >= marks.Peek() || (count >= each * Cameras && sending.IsCompleted))
            {
                Print(new
                {
                    name = $"ingest, durable, linking on, up to {marks.Dequeue()} faces",
                    clustered_per_s_since_the_last_mark = Math.Round((count - lastCount) / (time - lastTime)),
                    clustered_per_s_overall = Math.Round(count / time),
                });
                (lastCount, lastTime) = (count, time);
            }
        }

        await sending;
        Array.ForEach(cameras, static camera => camera.Dispose());
    }

    private static double Median(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Skip(1).Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Print<T>(T figures) => Console.WriteLine(JsonSerializer.Serialize(figures));
}
