using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FaceCluster.Testing;

/// <summary>
/// Loopback ports for servers that have to be told theirs before they listen. One that was handed out belongs to this process
/// until it ends: a locked file per port keeps other processes that ask here away, and the ports lie below those that the
/// system gives to outgoing connections. So a server may be stopped and started again, and finds its port free.
/// </summary>
public static class LoopbackPorts
{
    private const int First = 20_000;
    private const int End = 32_000;
    private static readonly Lock Gate = new();
    private static readonly List<FileStream> Held = [];
    private static int _next = Random.Shared.Next(First, End);

    /// <summary>A port that nothing listens on and that no other caller gets while this process lives.</summary>
    /// <exception cref="InvalidOperationException">None is left.</exception>
    public static int Take()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"facecluster-ports-{Environment.UserName}")).FullName;
        lock (Gate)
        {
            for (var i = First; i < End; i++)
            {
                var port = _next;
                _next = port + 1 < End ? port + 1 : First;
                if (TryHold(folder, port) is { } held)
                {
                    if (IsFree(port))
                    {
                        Held.Add(held);
                        return port;
                    }

                    held.Dispose();
                }
            }
        }

        throw new InvalidOperationException($"No port of {First} to {End - 1} is free.");
    }

    private static FileStream? TryHold(string folder, int port)
    {
        try
        {
            // The lock goes with the process, however that ends; the empty file stays.
            return new FileStream(Path.Combine(folder, port.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
