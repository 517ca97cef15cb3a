using System.Diagnostics;
using System.Text.Json.Serialization;
using FaceCluster.Robustness.Checks;
using FaceCluster.Robustness.Faults;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace FaceCluster.Robustness;

/// <summary>How a run goes.</summary>
public sealed record RunOptions
{
    /// <summary>Where the order and the times of the faults come from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long load and faults last; healing and checking come on top.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The faults to use.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = FaultInjector.Kinds;

    /// <summary>Cameras that send at the same time.</summary>
    public int Cameras { get; init; } = 8;

    /// <summary>Shards of the collection.</summary>
    public int Shards { get; init; } = 8;

    /// <summary>Mean pause between faults.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether the silos find each other in Redis.</summary>
    public bool Redis { get; init; }
}

/// <summary>The report, as <c>--json</c> prints it.</summary>
public sealed record RunReport
{
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    [JsonPropertyName("seconds")]
    public double Seconds { get; init; }

    [JsonPropertyName("faults")]
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    [JsonPropertyName("acknowledged")]
    public int Acknowledged { get; init; }

    [JsonPropertyName("unacknowledged")]
    public int Unacknowledged { get; init; }

    [JsonPropertyName("lost")]
    public int Lost { get; init; }

    [JsonPropertyName("doubled")]
    public int Doubled { get; init; }

    [JsonPropertyName("half_written")]
    public int HalfWritten { get; init; }

    [JsonPropertyName("mislabelled")]
    public int Mislabelled { get; init; }

    [JsonPropertyName("broken_redirects")]
    public int BrokenRedirects { get; init; }

    [JsonPropertyName("watch_violations")]
    public required IReadOnlyList<string> WatchViolations { get; init; }

    [JsonPropertyName("watch_events")]
    public long WatchEvents { get; init; }

    [JsonPropertyName("watch_resyncs")]
    public int WatchResyncs { get; init; }

    [JsonPropertyName("hung_calls")]
    public int HungCalls { get; init; }

    [JsonPropertyName("worst_unavailable_s")]
    public double WorstUnavailable { get; init; }

    [JsonPropertyName("unavailable_by_fault_s")]
    public required IReadOnlyDictionary<string, double> UnavailableByFault { get; init; }

    [JsonPropertyName("failed_calls")]
    public required IReadOnlyDictionary<string, int> FailedCalls { get; init; }

    [JsonPropertyName("clusters")]
    public int Clusters { get; init; }

    [JsonPropertyName("heal_s")]
    public double HealSeconds { get; init; }

    [JsonPropertyName("logs")]
    public required string Logs { get; init; }

    /// <summary>Whether every promise was kept.</summary>
    [JsonIgnore]
    public bool Kept => Lost + Doubled + HalfWritten + Mislabelled + BrokenRedirects + HungCalls + WatchViolations.Count == 0;
}

/// <summary>One run: start, load, faults, rest, check.</summary>
public static class RobustnessRun
{
    /// <summary>Runs; null where PostgreSQL or Redis cannot be had.</summary>
    public static async Task<RunReport?> RunAsync(RunOptions options, Action<string> say, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(say);
        await using var cluster = await ClusterUnderTest.TryStartAsync(new ClusterShape { Redis = options.Redis }, cancellationToken);
        if (cluster is null)
        {
            return null;
        }

        say($"the cluster is up; logs in {cluster.LogFolder}");
        var started = Stopwatch.GetTimestamp();
        using var channels = new Channels(cluster.Addresses);
        var collection = await CreateCollectionAsync(channels.First, options.Shards, cancellationToken);
        var history = new History();
        var watch = new WatchRecorder(collection, [.. channels.All.Select(invoker => new ClusterService.ClusterServiceClient(invoker))]);
        using var stopWatch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.RunAsync(stopWatch.Token);
        var people = new People(options.Seed, 150);
        var load = Enumerable.Range(0, options.Cameras)
            .Select(i => new CameraLoad(
                $"camera-{i}", collection, [.. channels.All.Select(invoker => new IngestService.IngestServiceClient(invoker))], people, history, (options.Seed * 1000) + i).RunAsync(stop.Token))
            .ToArray();
        stop.CancelAfter(options.Duration);
        await new FaultInjector(cluster, new ShardSplits(channels.First, collection), history, options.Seed).RunAsync(
            options.Kinds, options.Pause, kind => say($"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.0} s  {kind}  ({history.Acknowledged} faces)"), stop.Token);
        var healing = Stopwatch.GetTimestamp();
        await cluster.HealAsync(cancellationToken);
        await Task.WhenAll(load);
        var healed = Stopwatch.GetElapsedTime(healing);
        say($"{history.Acknowledged} faces acknowledged; checking");
        var result = await new FinalCheck(collection, channels.First, history).RunAsync(watch, cancellationToken);
        await stopWatch.CancelAsync();
        await watching;
        return new RunReport
        {
            Seed = options.Seed,
            Seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1),
            Faults = history.Faults,
            Acknowledged = history.Acknowledged,
            Unacknowledged = history.Items.Count - history.Acknowledged,
            Lost = result.Lost,
            Doubled = result.Doubled,
            HalfWritten = result.HalfWritten,
            Mislabelled = result.Mislabelled,
            BrokenRedirects = result.BrokenRedirects,
            WatchViolations = watch.Violations,
            WatchEvents = watch.Events,
            WatchResyncs = watch.Resyncs,
            HungCalls = history.Hung,
            WorstUnavailable = Math.Round(history.Worst.Values.DefaultIfEmpty().Max().TotalSeconds, 1),
            UnavailableByFault = history.Worst.ToDictionary(fault => fault.Key, fault => Math.Round(fault.Value.TotalSeconds, 1), StringComparer.Ordinal),
            FailedCalls = history.Failures,
            Clusters = result.Clusters,
            HealSeconds = Math.Round(healed.TotalSeconds, 1),
            Logs = cluster.LogFolder,
        };
    }

    /// <summary>Makes a collection of synthetic faces.</summary>
    public static async Task<string> CreateCollectionAsync(CallInvoker gateway, int shards, CancellationToken cancellationToken)
    {
        var client = new CollectionService.CollectionServiceClient(gateway);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var created = await client.CreateCollectionAsync(
                    new CreateCollectionRequest
                    {
                        CollectionId = "robust",
                        RequestId = "3f0cdb3a-24a4-4ad1-9a27-60f1a9a4f1de",
                        Collection = new Collection
                        {
                            Settings = new CollectionSettings
                            {
                                ModelId = ClusterUnderTest.ModelId,
                                ShardCount = shards,
                                Clustering = new ClusteringSettings { Threshold = 0.5 },
                            },
                        },
                    },
                    deadline: DateTime.UtcNow.AddSeconds(20),
                    cancellationToken: cancellationToken);
                return created.Name;
            }
            catch (RpcException error) when (attempt < 30 && error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                await Task.Delay(500, cancellationToken);
            }
        }
    }
}

/// <summary>A channel to each gateway.</summary>
public sealed class Channels : IDisposable
{
    private readonly List<GrpcChannel> _channels = [];

    /// <param name="addresses">Where gRPC is served.</param>
    public Channels(IEnumerable<Uri> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        foreach (var address in addresses)
        {
            _channels.Add(GrpcChannel.ForAddress(address, new GrpcChannelOptions
            {
                MaxReceiveMessageSize = 64 << 20,
                HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(3) },
                DisposeHttpClient = true,
            }));
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<CallInvoker> All => _channels.ConvertAll(channel => channel.CreateCallInvoker());

    /// <summary>The first one.</summary>
    public CallInvoker First => _channels[0].CreateCallInvoker();

    /// <inheritdoc/>
    public void Dispose() => _channels.ForEach(channel => channel.Dispose());
}
