namespace FaceCluster.Gateway.Host;

/// <summary>A gateway's wait for its silos, which may start after it: asked again every second, and told once.</summary>
internal sealed partial class SiloSearch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private bool _told;
    private volatile bool _stopped;

    /// <summary>Where it is told; null until the host is built.</summary>
    public ILogger? Log { get; set; }

    /// <summary>Whether the search was ended from outside: the failed start that follows is none.</summary>
    public bool IsStopped => _stopped;

    /// <summary>Waits a moment; whether to look again.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!_told && Log is { } log)
        {
            _told = true;
            LogWaiting(log);
        }

        try
        {
            await Task.Delay(Pause, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            _stopped = true;
            throw;
        }
    }

    /// <summary>Tells that the process was stopped meanwhile.</summary>
    public void TellStopped()
    {
        if (Log is { } log)
        {
            LogStopped(log);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "No silo answers yet; asking again every second.")]
    private static partial void LogWaiting(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped before a silo answered.")]
    private static partial void LogStopped(ILogger logger);
}
