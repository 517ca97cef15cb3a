using Microsoft.Extensions.Hosting;

namespace FaceCluster.Gateway.Metrics;

/// <summary>
/// Starts the adapter from the meters of .NET to Prometheus with the process rather than with the first scrape, which
/// would lose everything counted before.
/// </summary>
internal sealed class MetricsStart : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // The adapter has buckets of its own; the instruments know theirs better.
        Prometheus.Metrics.ConfigureMeterAdapter(adapter =>
        {
            adapter.ResolveHistogramBuckets = HistogramBuckets.Of;

            // It counts every 4 KB buffer that is taken and given back, at more cost than the buffer itself.
            adapter.InstrumentFilterPredicate = static instrument => instrument.Meter.Name != "Microsoft.AspNetCore.MemoryPool";
        });
        await Prometheus.Metrics.DefaultRegistry.CollectAndExportAsTextAsync(Stream.Null, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
