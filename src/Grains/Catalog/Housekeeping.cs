using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FaceCluster.Grains.Catalog;

/// <summary>
/// Has the catalog look every few seconds for what a process that died left undone. Every silo does so: whichever lives
/// keeps it going, and the catalog does one round at a time.
/// </summary>
internal sealed partial class Housekeeping(
    IGrainFactory grains, IOptions<CatalogOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.TendPeriod, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        while (await timer.WaitForNextTickAsync(ending.Token))
        {
            try
            {
                await grains.GetGrain<ICatalogGrain>(0).Tend();
            }
            catch (Exception error) when (error is not OutOfMemoryException && !ending.IsCancellationRequested)
            {
                LogFailed(logger, error);
            }
        }
    }

    [LoggerMessage(1303, LogLevel.Warning, "Looking for what was left undone failed; it is tried again.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
