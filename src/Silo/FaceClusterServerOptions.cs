using System.Net;
using FaceCluster.Gateway;
using FaceCluster.Membership;
using FaceCluster.Vision;

namespace FaceCluster.Silo;

/// <summary>How one server process runs. Section <c>Server</c> of the configuration where the silo runs by itself.</summary>
public sealed class FaceClusterServerOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Server";

    /// <summary>
    /// The folder of all data, created where it is missing. One server at a time uses it. Required unless the data is in
    /// PostgreSQL, see <see cref="Storage"/>.
    /// </summary>
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

    /// <summary>Where faces and metadata are kept.</summary>
    public ServerStorageOptions Storage { get; set; } = new();

    /// <summary>How this process finds the others of a cluster. Default: it is alone.</summary>
    public MembershipOptions Membership { get; set; } = new();

    /// <summary>
    /// What this process does, separated by commas: <c>compute</c> (shards, clusters, identities), <c>inference</c> (reads
    /// pictures), <c>gateway</c> (serves gRPC). Default: everything.
    /// </summary>
    public string Roles { get; set; } = "compute,inference,gateway";

    /// <summary>What pictures are read with.</summary>
    public InferenceOptions Inference { get; set; } = new();

    /// <summary>Port of the Orleans silo; 0 takes a free one.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port for gateways that run alone; null: none can connect.</summary>
    public int? SiloGatewayPort { get; set; }

    /// <summary>How long a stop may take before what is left is cut off.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Limits and behaviour of the gateway. The collection <c>default</c> is created when it is first used.</summary>
    public Action<GatewayOptions>? ConfigureGateway { get; set; }

    /// <summary>Logging; null: warnings and what the server itself says, to standard error.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; set; }

    /// <summary>The parsed <see cref="Roles"/>.</summary>
    /// <exception cref="ServerStartException">A role is unknown or none is given.</exception>
    internal SiloRoles ParsedRoles
    {
        get
        {
            var roles = SiloRoles.None;
            foreach (var name in Roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                roles |= Enum.TryParse<SiloRoles>(name, ignoreCase: true, out var role) && !char.IsAsciiDigit(name[0])
                    ? role
                    : throw new ServerStartException($"{Section}:{nameof(Roles)} holds '{name}'; compute, inference and gateway are known.");
            }

            return roles != SiloRoles.None ? roles : throw new ServerStartException($"{Section}:{nameof(Roles)} is empty; compute, inference or gateway is needed.");
        }
    }

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
