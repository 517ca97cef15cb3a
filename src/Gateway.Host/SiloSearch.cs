namespace FaceCluster.Gateway.Host;

/// <summary>A gateway's wait for its silos, which may start after it: asked again every second, and told once.</summary>
internal sealed partial class SiloSearch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private bool _told;
    private volatile WebApplication? _starting;

    /// <summary>Whether the process is stopped before it began to serve: the failed start that follows is none.</summary>
    public bool IsStopped => _starting?.Lifetime.ApplicationStopping.IsCancellationRequested == true;

    /// <summary>Starts the program; false where it was stopped before a silo answered.</summary>
    public async Task<bool> StartAsync(WebApplication app)
    {
        _starting = app;
        try
        {
            await app.StartAsync();
            return true;
        }
        catch (Exception) when (IsStopped)
        {
            LogStopped(app.Logger);
            return false;
        }
        finally
        {
            _starting = null;
        }
    }

    /// <summary>Waits a moment; whether to look again.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_told && _starting is { } app)
        {
            _told = true;
            LogWaiting(app.Logger);
        }

        await Task.Delay(Pause, cancellationToken);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "No silo answers yet; asking again every second.")]
    private static partial void LogWaiting(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped before a silo answered.")]
    private static partial void LogStopped(ILogger logger);
}
