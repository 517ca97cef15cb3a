using System.Net;
using FaceCluster.Gateway;
using FaceCluster.Vision;

namespace FaceCluster.Silo;

/// <summary>How one server process runs. Section <c>Server</c> of the configuration where the silo runs by itself.</summary>
public sealed class FaceClusterServerOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Server";

    /// <summary>The folder of all data, created where it is missing. One server at a time uses it. Required.</summary>
    public string DataDirectory { get; set; } = string.Empty;

    /// <summary>Keeps faces in memory only, so that they are gone with the process: for measurements.</summary>
    public bool MemoryOnly { get; set; }

    /// <summary>The address to listen on: <c>localhost</c> or an IP address. Default: loopback. See <see cref="Insecure"/>.</summary>
    public string Address { get; set; } = "localhost";

    /// <summary>Port of gRPC (HTTP/2 without TLS); 0 takes a free one.</summary>
    public int GrpcPort { get; set; } = 8081;

    /// <summary>Port of /metrics, /livez and /readyz (HTTP/1.1); 0 takes a free one, null serves none.</summary>
    public int? HttpPort { get; set; } = 8080;

    /// <summary>
    /// Lets everybody who reaches the address in without an API key. Without it, an address other than loopback is refused
    /// as long as no key exists.
    /// </summary>
    public bool Insecure { get; set; }

    /// <summary>What pictures are read with.</summary>
    public InferenceOptions Inference { get; set; } = new();

    /// <summary>Port of the Orleans silo on loopback; 0 takes a free one.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port for gateways that run alone, on loopback; null: none can connect.</summary>
    public int? SiloGatewayPort { get; set; }

    /// <summary>Name of the Orleans cluster.</summary>
    public string ClusterId { get; set; } = "facecluster";

    /// <summary>How long a stop may take before what is left is cut off.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Limits and behaviour of the gateway. The collection <c>default</c> is created when it is first used.</summary>
    public Action<GatewayOptions>? ConfigureGateway { get; set; }

    /// <summary>Logging; null: warnings and what the server itself says, to standard error.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; set; }

    /// <summary>The parsed <see cref="Address"/>.</summary>
    /// <exception cref="ServerStartException">It is not an address.</exception>
    internal IPAddress ParsedAddress => Address switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ when IPAddress.TryParse(Address, out var address) => address,
        _ => throw new ServerStartException($"{Section}:{nameof(Address)} is '{Address}'; localhost, * or an IP address is needed."),
    };
}

/// <summary>What turns pictures into embeddings.</summary>
public sealed class InferenceOptions
{
    /// <summary>Whether this process reads pictures at all; without, it only takes embeddings.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where the models run: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Provider { get; set; } = "cpu";

    /// <summary>Runs on the processor where <see cref="Provider"/> cannot be had, rather than not at all.</summary>
    public bool AllowCpuFallback { get; set; }

    /// <summary>The folder of the models; null: FACECLUSTER_MODELS, else <c>artifacts/models</c> at or above the program.</summary>
    public string? ModelDirectory { get; set; }

    /// <summary>Model of the collection <c>default</c> where this process reads no pictures.</summary>
    public string? EmbeddingModelId { get; set; }

    /// <summary>Everything else about the way from a picture to embeddings.</summary>
    public Action<VisionOptions>? ConfigureVision { get; set; }
}
