using System.Net;
using FaceCluster.Gateway.Access;
using FaceCluster.Membership;

namespace FaceCluster.Gateway.Host;

/// <summary>How a gateway runs that is a process of its own. Section <c>GatewayHost</c> of the configuration.</summary>
internal sealed class GatewayHostOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "GatewayHost";

    /// <summary>The address to listen on: <c>localhost</c>, <c>*</c> or an IP address.</summary>
    public string Address { get; set; } = "localhost";

    /// <summary>Port of gRPC (HTTP/2 without TLS).</summary>
    public int GrpcPort { get; set; } = 8081;

    /// <summary>Port of /metrics, /livez and /readyz (HTTP/1.1).</summary>
    public int HttpPort { get; set; } = 8080;

    /// <summary>Serves other machines without API keys.</summary>
    public bool Insecure { get; set; }

    /// <summary>The gateways of the silos, address:port each. Empty: the silo of this machine on port 30000.</summary>
    public IList<string> SiloGateways { get; } = [];

    /// <summary>How the silos are found. Default: by <see cref="SiloGateways"/>.</summary>
    public MembershipOptions Membership { get; set; } = new();

    public IPAddress ParsedAddress => Address switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(Address, out var address) ? address : throw Failure($"{Section}:Address is '{Address}'; localhost, * or an IP address is needed."),
    };

    /// <summary>Whether calls need a key; refuses to serve other machines without one.</summary>
    public async ValueTask<bool> CheckExposureAsync(IApiKeyStore keys)
    {
        if (IPAddress.IsLoopback(ParsedAddress))
        {
            return false;
        }

        var any = (await keys.ListAsync()).Count > 0;
        return any || Insecure
            ? any
            : throw Failure($"Listening on {Address} would let everybody on the network read faces: configure {GatewayOptions.Section}:ApiKeys, listen on localhost, or set {Section}:Insecure.");
    }

    public void Connect(IClientBuilder client, SiloSearch search)
    {
        var gateways = SiloGateways.Select(text => IPEndPoint.TryParse(text, out var endpoint)
            ? endpoint
            : throw Failure($"{Section}:SiloGateways holds '{text}'; an IP address with a port is needed.")).ToArray();
        client.UseMembership(Membership, gateways.Length > 0 ? gateways : [new IPEndPoint(IPAddress.Loopback, 30000)]);
        client.UseConnectionRetryFilter((_, cancellation) => search.WaitAsync(cancellation));
    }

    private static InvalidOperationException Failure(string message) => new(message) { Data = { [Section] = true } };
}
