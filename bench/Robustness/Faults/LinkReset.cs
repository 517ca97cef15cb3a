using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FaceCluster.Robustness.Faults;

/// <summary>
/// Ends established TCP connections from outside, as a broken switch does: both ends get an error in the middle of whatever
/// they were sending. The kernel does it (<c>ss --kill</c>); it wants root and a kernel that may.
/// </summary>
internal static class LinkReset
{
    /// <summary>Whether it works here: tried on a connection of its own.</summary>
    public static async Task<bool> WorksAsync()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            using var near = new TcpClient();
            await near.ConnectAsync(IPAddress.Loopback, port);
            using var far = await listener.AcceptTcpClientAsync();
            await KillAsync(port);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await far.GetStream().ReadExactlyAsync(new byte[1], patience.Token);
            return false;
        }
        catch (Exception error) when (error is IOException and not EndOfStreamException)
        {
            return true;
        }
        catch (Exception error) when (error is EndOfStreamException or OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Ends all connections on this machine from or to a port.</summary>
    public static async Task KillAsync(int port)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $":{port}");
        using var kill = Process.Start(new ProcessStartInfo(
            "ss", ["--kill", "--no-header", "--tcp", "state", "established", "(", "sport", "=", name, "or", "dport", "=", name, ")"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await kill.StandardOutput.ReadToEndAsync();
        await kill.WaitForExitAsync();
    }
}
