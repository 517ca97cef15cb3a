using FaceCluster.Gateway.Server;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FaceCluster.Gateway.Health;

/// <summary>
/// Whether pictures can be read, and on what: the data names the model and the provider that is really in use. A server
/// without a model is healthy; it takes embeddings.
/// </summary>
internal sealed class InferenceHealthCheck(InferenceDirectory inference) : IHealthCheck
{
    /// <summary>The name of the check.</summary>
    public const string Name = "inference";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var status = await inference.FindAsync().AsTask().WaitAsync(Patience, cancellationToken);
            return status is null
                ? HealthCheckResult.Healthy("No model: only embeddings are taken.", new Dictionary<string, object> { ["provider"] = "none" })
                : HealthCheckResult.Healthy(
                    $"{status.ModelId} on {status.Provider}.",
                    new Dictionary<string, object>
                    {
                        ["provider"] = status.Provider,
                        ["model"] = status.ModelId,
                        ["queue"] = status.QueueLength,
                    });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The inference grains do not answer.", exception);
        }
    }
}
