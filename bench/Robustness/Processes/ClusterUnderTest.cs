using System.Globalization;
using FaceCluster.Testing;

namespace FaceCluster.Robustness.Processes;

/// <summary>What to start.</summary>
public sealed record ClusterShape
{
    /// <summary>Silo processes that carry shards.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Gateway processes that run alone.</summary>
    public int Gateways { get; init; } = 2;

    /// <summary>Whether the silos serve gRPC themselves, too.</summary>
    public bool CoHostedGateways { get; init; }

    /// <summary>Whether the silos find each other in Redis rather than in PostgreSQL.</summary>
    public bool Redis { get; init; }

    /// <summary>How long a silo waits for another one's answer to a probe; null for the default.</summary>
    public TimeSpan? ProbeTimeout { get; init; }
}

/// <summary>Real processes on loopback: PostgreSQL, Redis where asked for, silos and gateways.</summary>
public sealed class ClusterUnderTest : IAsyncDisposable
{
    /// <summary>The model that the synthetic embeddings claim to come from.</summary>
    public const string ModelId = "synthetic-512";

    private readonly ClusterShape _shape;
    private readonly RedisServer? _redis;

    private ClusterUnderTest(ClusterShape shape, PostgresServer database, RedisServer? redis)
    {
        (_shape, Database, _redis) = (shape, database, redis);
        LogFolder = Directory.CreateTempSubdirectory("facecluster-cluster-").FullName;
    }

    /// <summary>The database server.</summary>
    public PostgresServer Database { get; }

    /// <summary>The silos; those that were not started yet, too.</summary>
    public List<ChildProcess> Silos { get; } = [];

    /// <summary>The gateways that run alone.</summary>
    public List<ChildProcess> Gateways { get; } = [];

    /// <summary>Where gRPC is served: by the gateways, then by the silos where they do.</summary>
    public List<Uri> Addresses { get; } = [];

    /// <summary>Ports on which silos and gateways listen for each other and for clients.</summary>
    public List<int> Ports { get; } = [];

    /// <summary>Logs of all processes.</summary>
    public string LogFolder { get; }

    /// <summary>Starts everything; null where PostgreSQL or Redis cannot be had.</summary>
    public static async Task<ClusterUnderTest?> TryStartAsync(ClusterShape shape, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (await PostgresServer.TryStartAsync() is not { } database)
        {
            return null;
        }

        var redis = shape.Redis ? await RedisServer.TryStartAsync() : null;
        if (shape.Redis && redis is null)
        {
            await database.DisposeAsync();
            return null;
        }

        var cluster = new ClusterUnderTest(shape, database, redis);
        try
        {
            for (var i = 0; i < shape.Gateways; i++)
            {
                cluster.AddGateway();
            }

            for (var i = 0; i < shape.Silos; i++)
            {
                await cluster.AddSilo().StartAsync(cancellationToken);
            }

            await Task.WhenAll(cluster.Gateways.Select(gateway => gateway.StartAsync(cancellationToken)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Prepares one more silo; it is not started.</summary>
    public ChildProcess AddSilo()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"silo-{(char)('a' + Silos.Count)}");
        var (grpc, http, between, door) = (LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
        Ports.AddRange([between, door]);
        var silo = new ChildProcess(
            name,
            Path.Combine(AppContext.BaseDirectory, "FaceCluster.Silo.dll"),
            [
                "--Server:Storage:Kind", "Postgres",
                "--Server:Storage:ConnectionString", Database.ConnectionString,
                .. Membership("Server"),
                "--Server:Membership:SiloName", name,
                "--Server:SiloPort", Text(between),
                "--Server:SiloGatewayPort", Text(door),
                "--Server:GrpcPort", Text(grpc),
                "--Server:HttpPort", Text(http),
                "--Server:Roles", _shape.CoHostedGateways ? "compute,gateway" : "compute",
                "--Server:Inference:EmbeddingModelId", ModelId,
                .. _shape.ProbeTimeout is { } probe ? (string[])["--Server:Membership:ProbeTimeout", probe.ToString("c", CultureInfo.InvariantCulture)] : [],
            ],
            new Uri($"http://127.0.0.1:{http}/readyz"),
            LogFolder);
        Silos.Add(silo);
        if (_shape.CoHostedGateways)
        {
            Addresses.Add(new Uri($"http://127.0.0.1:{grpc}"));
        }

        return silo;
    }

    /// <summary>Lets all that is held up go on and starts all that is down.</summary>
    public async Task HealAsync(CancellationToken cancellationToken = default)
    {
        foreach (var process in Silos.Concat(Gateways))
        {
            await process.HoldAsync(hold: false);
        }

        if (Database.ProcessId == 0)
        {
            await Database.StartAsync();
        }

        await Database.SqlAsync("ALTER SYSTEM RESET ALL");
        await Database.SqlAsync("SELECT pg_reload_conf()");
        foreach (var process in Silos.Concat(Gateways))
        {
            await process.StartAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Gateways.Concat(Silos))
        {
            await process.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        await Database.DisposeAsync();
    }

    private void AddGateway()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"gateway-{Gateways.Count + 1}");
        var (grpc, http) = (LoopbackPorts.Take(), LoopbackPorts.Take());
        Ports.Add(grpc);
        Gateways.Add(new ChildProcess(
            name,
            Path.Combine(AppContext.BaseDirectory, "FaceCluster.Gateway.Host.dll"),
            [
                .. Membership("GatewayHost"),
                "--GatewayHost:GrpcPort", Text(grpc),
                "--GatewayHost:HttpPort", Text(http),
            ],
            new Uri($"http://127.0.0.1:{http}/livez"),
            LogFolder));
        Addresses.Add(new Uri($"http://127.0.0.1:{grpc}"));
    }

    private string[] Membership(string section) =>
    [
        $"--{section}:Membership:Kind", _redis is null ? "Postgres" : "Redis",
        $"--{section}:Membership:ConnectionString", _redis?.ConnectionString ?? Database.ConnectionString,
    ];

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
