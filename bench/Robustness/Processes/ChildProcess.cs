using System.Diagnostics;
using System.Globalization;

namespace FaceCluster.Robustness.Processes;

/// <summary>A program of the cluster that can be started, stopped, killed and held up again and again.</summary>
public sealed class ChildProcess(string name, string assembly, IReadOnlyList<string> arguments, Uri readiness, string logFolder) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly SemaphoreSlim _turn = new(1);
    private Process? _process;

    /// <summary>What it is called.</summary>
    public string Name => name;

    /// <summary>Its process id; 0 while it does not run.</summary>
    public int ProcessId => Running ? _process!.Id : 0;

    /// <summary>Whether it runs, held up or not.</summary>
    public bool Running => _process is { HasExited: false };

    /// <summary>Starts it where it does not run; it serves when this returns.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!Running)
            {
                _process?.Dispose();
                _process = Launch();
            }
        }
        finally
        {
            _turn.Release();
        }

        await ReadyAsync(cancellationToken);
    }

    /// <summary>Waits until it serves.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync(readiness, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
            }

            if (!Running)
            {
                throw new InvalidOperationException($"{name} ended by itself; its log is {LogFile}.");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Ends it as an operator does (SIGTERM) and waits until it is gone; its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken = default)
    {
        if (!Running)
        {
            return 0;
        }

        await SignalAsync("TERM");
        await _process!.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends it without a chance to do anything (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (Running)
        {
            _process!.Kill();
            await _process.WaitForExitAsync();
        }
    }

    /// <summary>Holds it up (SIGSTOP) or lets it go on (SIGCONT).</summary>
    public Task HoldAsync(bool hold) => Running ? SignalAsync(hold ? "STOP" : "CONT") : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        _turn.Dispose();
    }

    private string LogFile => Path.Combine(logFolder, $"{name}.log");

    private Process Launch()
    {
        // The shell appends to one log over all lives of the program and becomes the program. Beside it, something ends the
        // program when this process is gone, however it went.
        const string Script = """
            self=$$
            (while kill -0 $PARENT && kill -0 $self; do sleep 1; done; kill -0 $PARENT || kill -KILL $self) >/dev/null 2>&1 </dev/null &
            exec dotnet "$@" >>"$LOG" 2>&1 </dev/null
            """;
        var start = new ProcessStartInfo("sh", ["-c", Script, "sh", assembly, .. arguments]);
        start.Environment["PARENT"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOG"] = LogFile;

        start.Environment["Logging__Console__FormatterName"] = "simple";
        start.Environment["Logging__Console__FormatterOptions__TimestampFormat"] = "HH:mm:ss.fff ";

        // Several servers on few cores: the collector that starts small.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
