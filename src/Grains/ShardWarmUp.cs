using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains;

/// <summary>
/// Opens the shards of all collections after the start, so that linking goes on where a crash stopped it and the first
/// caller does not wait for a replay. The process is ready when this is done.
/// </summary>
public sealed partial class ShardWarmUp(IGrainFactory grains, TimeProvider time, ILogger<ShardWarmUp> logger) : BackgroundService
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether every shard found at the start is open.</summary>
    public bool Ready => _ready.Task.IsCompletedSuccessfully;

    /// <summary>Completes when <see cref="Ready"/>.</summary>
    public Task WhenReady => _ready.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = TimeSpan.FromMilliseconds(100);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await OpenAll();
                _ready.TrySetResult();
                return;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogFailed(logger, error);
                await Task.Delay(delay, time, stoppingToken);
                delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
            }
        }
    }

    private async Task OpenAll()
    {
        string? after = null;
        while (await grains.GetGrain<ICatalogGrain>(0).List(after, 1000) is { Count: > 0 } collections)
        {
            foreach (var collection in collections)
            {
                var shards = collection.Shards
                    .Select(shard => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard)).Status().AsTask());
                await Task.WhenAll(shards);
                await grains.GetGrain<IForestGrain>(collection.Name).Status();
                await grains.GetGrain<IErasureGrain>(collection.Name).Resume();
            }

            after = collections[^1].Name;
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "Opening the shards failed; it is tried again.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
