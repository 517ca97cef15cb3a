using FaceCluster.Gateway.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Faces;

/// <summary>
/// Probabilities for the models that have a calibration: the configured one, else that of the manifest with which the
/// inference silos run the model. They are asked every so often, so a gateway by itself knows it soon after them.
/// </summary>
internal sealed class Calibration(IOptions<GatewayOptions> options, InferenceDirectory inference, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private volatile Learned? _learned;

    /// <summary>The probability that two faces of the model with this cosine are of one person, or null.</summary>
    public double? Probability(string modelId, double similarity)
    {
        options.Value.Calibrations.TryGetValue(modelId, out var calibration);
        if ((calibration is null || ReferenceEquals(calibration, SimilarityCalibration.DefaultModel)) && _learned is { } learned && learned.ModelId == modelId)
        {
            calibration = learned.Calibration;
        }

        return calibration?.Probability(similarity);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                if (await inference.FindAsync() is { CalibrationSlope: { } slope, CalibrationMidpoint: { } midpoint } status)
                {
                    _learned = new Learned(status.ModelId, new SimilarityCalibration(slope, midpoint));
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // No silo answers at present; what is known stays, and the health check tells of it.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private sealed record Learned(string ModelId, SimilarityCalibration Calibration);
}
