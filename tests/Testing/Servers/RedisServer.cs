using System.Diagnostics;
using System.Globalization;

namespace FaceCluster.Testing;

/// <summary>A Redis server of the test's own on loopback.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _process;

    private RedisServer(string folder, int port, Process process) => (_folder, Port, _process) = (folder, port, process);

    /// <summary>The sentence a skipped test gives.</summary>
    public static string SkipReason => "Redis is not on this machine and could not be installed (Debian package redis-server).";

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>A connection string for StackExchange.Redis.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts a server; null where Redis cannot be had.</summary>
    public static async Task<RedisServer?> TryStartAsync()
    {
        if (await ServerProgram.FindAsync(() => File.Exists("/usr/bin/redis-server") ? "/usr/bin/redis-server" : null, "redis-server") is not { } program)
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("facecluster-redis-").FullName;
        var port = LoopbackPorts.Take();
        var process = ServerProgram.Start(
            null,
            [program, "--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--dir", folder, "--appendonly", "yes", "--appendfsync", "always"]);
        await ServerProgram.WaitForPortAsync(port, process);
        return new RedisServer(folder, port, process);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await ServerProgram.RunAsync(["kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
