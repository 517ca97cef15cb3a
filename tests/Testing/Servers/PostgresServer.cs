using System.Diagnostics;
using System.Globalization;

namespace FaceCluster.Testing;

/// <summary>A PostgreSQL server of the test's own on loopback.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";

    private readonly string _folder;
    private readonly string _binaries;
    private Process _process;

    private PostgresServer(string folder, string binaries, int port, Process process) =>
        (_folder, _binaries, Port, _process) = (folder, binaries, port, process);

    /// <summary>The sentence a skipped test gives.</summary>
    public static string SkipReason => "PostgreSQL is not on this machine and could not be installed (Debian package postgresql).";

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>A connection string for Npgsql.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres");

    /// <summary>The folder of the cluster's files.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Process id of the postmaster; 0 while it is down.</summary>
    public int ProcessId =>
        File.Exists(Path.Combine(DataFolder, "postmaster.pid"))
        && int.TryParse(File.ReadLines(Path.Combine(DataFolder, "postmaster.pid")).FirstOrDefault(), CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <summary>Starts a server; null where PostgreSQL cannot be had.</summary>
    /// <param name="settings">Settings beside the defaults, as <c>name=value</c>.</param>
    public static async Task<PostgresServer?> TryStartAsync(params string[] settings)
    {
        if (await ServerProgram.FindAsync(FindBinaries, "postgresql") is not { } binaries)
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("facecluster-pg-").FullName;
        if (Environment.UserName == "root")
        {
            await ServerProgram.RunAsync(["chown", $"{User}:{User}", folder]);
        }

        var initialized = await ServerProgram.RunAsync(ServerProgram.As(
            User,
            [Path.Combine(binaries, "initdb"), "-D", Path.Combine(folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--data-checksums"]));
        if (initialized.Code != 0)
        {
            throw new InvalidOperationException($"initdb failed: {initialized.Output}");
        }

        await File.AppendAllLinesAsync(
            Path.Combine(folder, "data", "postgresql.conf"),
            [
                "listen_addresses = '127.0.0.1'", $"unix_socket_directories = '{folder}'", "max_connections = 150", "shared_buffers = 128MB",
                "max_wal_size = 2GB", "logging_collector = on", "log_directory = 'log'", .. settings,
            ]);
        var port = LoopbackPorts.Take();
        var server = new PostgresServer(folder, binaries, port, Launch(folder, binaries, port));
        await server.WaitUntilReadyAsync();
        return server;
    }

    /// <summary>
    /// Starts a standby of this server that every commit waits for from now on; it takes over with <see cref="PromoteAsync"/>.
    /// </summary>
    public async Task<PostgresServer> StartStandbyAsync()
    {
        var folder = Directory.CreateTempSubdirectory("facecluster-pg-").FullName;
        if (Environment.UserName == "root")
        {
            await ServerProgram.RunAsync(["chown", $"{User}:{User}", folder]);
        }

        var copied = await ServerProgram.RunAsync(ServerProgram.As(
            User,
            [
                Path.Combine(_binaries, "pg_basebackup"), "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres",
                "-D", Path.Combine(folder, "data"), "-R", "-X", "stream", "-c", "fast", "--no-sync",
            ]));
        if (copied.Code != 0)
        {
            throw new InvalidOperationException($"pg_basebackup failed: {copied.Output}");
        }

        var port = LoopbackPorts.Take();
        var standby = new PostgresServer(folder, _binaries, port, Launch(folder, _binaries, port));
        await standby.WaitUntilReadyAsync();
        while (await SqlAsync("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "0")
        {
            await Task.Delay(50);
        }

        await SqlAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await SqlAsync("SELECT pg_reload_conf()");
        while (await SqlAsync("SELECT sync_state FROM pg_stat_replication") != "sync")
        {
            await Task.Delay(50);
        }

        return standby;
    }

    /// <summary>Makes a standby the primary.</summary>
    public async Task PromoteAsync()
    {
        var (code, output) = await ServerProgram.RunAsync(ServerProgram.As(User, [Path.Combine(_binaries, "pg_ctl"), "promote", "-D", DataFolder, "-w"]));
        if (code != 0)
        {
            throw new InvalidOperationException($"pg_ctl promote failed: {output}");
        }
    }

    /// <summary>Stops the server as an operator would who cannot wait (fast) or as a crash does (immediate).</summary>
    public async Task StopAsync(bool crash = false)
    {
        await ServerProgram.RunAsync(ServerProgram.As(
            User, [Path.Combine(_binaries, "pg_ctl"), "stop", "-D", DataFolder, "-m", crash ? "immediate" : "fast", "-w"]));
        await _process.WaitForExitAsync();
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task StartAsync()
    {
        _process.Dispose();
        _process = Launch(_folder, _binaries, Port);
        await WaitUntilReadyAsync();
    }

    /// <summary>Runs a statement as the superuser and returns what psql prints.</summary>
    public async Task<string> SqlAsync(string statement)
    {
        var (code, output) = await ServerProgram.RunAsync(
            ["psql", "-X", "-At", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", "postgres", "-c", statement]);
        return code == 0 ? output.Trim() : throw new InvalidOperationException($"psql: {output}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync(crash: true);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Process Launch(string folder, string binaries, int port) => ServerProgram.Start(
        User, [Path.Combine(binaries, "postgres"), "-D", Path.Combine(folder, "data"), "-p", port.ToString(CultureInfo.InvariantCulture)]);

    private static string? FindBinaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql")
            .Select(version => Path.Combine(version, "bin"))
            .Where(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
            .OrderByDescending(folder => folder.Length).ThenByDescending(folder => folder, StringComparer.Ordinal)
            .FirstOrDefault()
        : null;

    private async Task WaitUntilReadyAsync()
    {
        await ServerProgram.WaitForPortAsync(Port, _process);
        for (var i = 0; i < 600; i++)
        {
            var (code, _) = await ServerProgram.RunAsync(
                [Path.Combine(_binaries, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture)]);
            if (code == 0)
            {
                return;
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException("PostgreSQL did not become ready.");
    }
}
