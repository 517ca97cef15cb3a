using FaceCluster.Grains;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FaceCluster.Gateway.Health;

/// <summary>Whether the grains answer: asks the catalog, which needs membership, the directory and the metadata store.</summary>
internal sealed class GrainsHealthCheck(IGrainFactory grains) : IHealthCheck
{
    /// <summary>The name of the check.</summary>
    public const string Name = "grains";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await grains.GetGrain<ICatalogGrain>(0).List(null, 1).AsTask().WaitAsync(Patience, cancellationToken);
            return HealthCheckResult.Healthy("The grains answer.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The grains do not answer.", exception);
        }
    }
}
