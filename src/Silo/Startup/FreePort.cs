using System.Net;
using System.Net.Sockets;

namespace FaceCluster.Silo.Startup;

/// <summary>Finds a port for Orleans, which has to know its own before it listens.</summary>
internal static class FreePort
{
    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
