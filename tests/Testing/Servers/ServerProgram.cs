using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FaceCluster.Testing;

/// <summary>
/// Database servers of the tests' own: installed from the system's packages where that may be done, started on free ports
/// with folders of their own, and ended with the process that started them, however that ends.
/// </summary>
internal static class ServerProgram
{
    private static readonly SemaphoreSlim Installing = new(1);

    /// <summary>Finds a program, installing its package where it is missing; null where it cannot be had.</summary>
    public static async Task<string?> FindAsync(Func<string?> find, string package)
    {
        if (find() is { } found)
        {
            return found;
        }

        await Installing.WaitAsync();
        try
        {
            if (find() is null && OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("FACECLUSTER_NO_INSTALL") is null)
            {
                string[] sudo = Environment.UserName == "root" ? [] : ["sudo", "-n"];
                await RunAsync([.. sudo, "apt-get", "update", "-q"]);
                await RunAsync([.. sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends", package]);
            }

            return find();
        }
        finally
        {
            Installing.Release();
        }
    }

    /// <summary>
    /// Starts a program in the background, as the user named where this process is root (PostgreSQL refuses root). A shell
    /// beside it ends it when this process is gone.
    /// </summary>
    public static Process Start(string? user, IReadOnlyList<string> command)
    {
        const string Script = """
            parent=$1; shift
            "$@" >/dev/null 2>&1 </dev/null &
            child=$!
            trap 'kill -INT $child 2>/dev/null' TERM
            (while kill -0 $parent 2>/dev/null; do sleep 1; done; kill -QUIT $child) >/dev/null 2>&1 </dev/null &
            watch=$!
            while kill -0 $child 2>/dev/null; do wait $child; done
            kill $watch 2>/dev/null
            """;
        return Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Script, "sh", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), .. As(user, command)]))!;
    }

    /// <summary>Runs a program to its end; its exit code and everything it said.</summary>
    public static async Task<(int Code, string Output)> RunAsync(IReadOnlyList<string> command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, string.Concat(texts));
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return (127, error.Message);
        }
    }

    /// <summary>The command as it is run for a user.</summary>
    public static IReadOnlyList<string> As(string? user, IReadOnlyList<string> command) =>
        user is not null && Environment.UserName == "root" ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", .. command] : command;

    /// <summary>Waits until a port of loopback takes connections.</summary>
    public static async Task WaitForPortAsync(int port, Process process)
    {
        for (var i = 0; i < 600 && !process.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"Nothing listens on port {port}.");
    }
}
