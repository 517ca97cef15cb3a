using Microsoft.Extensions.Hosting;

namespace FaceCluster.Gateway.Ingest;

/// <summary>What the stop of the server means to a stream: the client is told at once, and has a while to leave.</summary>
internal sealed class Drain : IDisposable
{
    private readonly TaskCompletionSource _expired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _timer = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly CancellationTokenRegistration _elapsed;

    public Drain(IHostApplicationLifetime lifetime, TimeSpan grace, Action<TimeSpan> tell)
    {
        _elapsed = _timer.Token.Register(() => _expired.TrySetResult());
        _stopping = lifetime.ApplicationStopping.Register(() =>
        {
            tell(grace);
            _timer.CancelAfter(grace);
        });
    }

    /// <summary>Completes when the stream has to end.</summary>
    public Task Expired => _expired.Task;

    public void Dispose()
    {
        _stopping.Dispose();
        _elapsed.Dispose();
        _timer.Dispose();
    }
}
