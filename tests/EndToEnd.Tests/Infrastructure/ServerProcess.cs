using System.Diagnostics;
using FaceCluster.Silo;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>A server in a process of its own, which can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address)
    {
        _process = process;
        Api = new ApiClient(address);
    }

    public ApiClient Api { get; }

    public static async Task<ServerProcess> StartAsync(string dataFolder, params (string Name, string Value)[] environment)
    {
        var process = Launch(dataFolder, environment);
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("grpc ", StringComparison.Ordinal))
            {
                return new ServerProcess(process, new Uri(line["grpc ".Length..]));
            }
        }

        throw new InvalidOperationException($"The server did not start: {await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>Starts a server that is expected to fail; returns its exit code and what it says.</summary>
    public static async Task<(int ExitCode, string Error)> FailAsync(string dataFolder)
    {
        using var process = Launch(dataFolder, []);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }

    /// <summary>Ends the process without a chance to do anything (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static Process Launch(string dataFolder, (string Name, string Value)[] environment)
    {
        var start = Start(dataFolder);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static ProcessStartInfo Start(string dataFolder) => new("dotnet")
    {
        ArgumentList =
        {
            typeof(FaceClusterServer).Assembly.Location,
            "--Server:DataDirectory", dataFolder,
            "--Server:GrpcPort", "0",
            "--Server:HttpPort", "0",
            "--Server:Inference:Enabled", "false",
            "--Server:Inference:EmbeddingModelId", Embeddings.ModelId,
        },
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
