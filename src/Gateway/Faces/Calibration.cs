using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Faces;

/// <summary>Probabilities for the models that have a calibration.</summary>
internal sealed class Calibration(IOptions<GatewayOptions> options)
{
    /// <summary>The probability that two faces of the model with this cosine are of one person, or null.</summary>
    public double? Probability(string modelId, double similarity) =>
        options.Value.Calibrations.TryGetValue(modelId, out var calibration) ? calibration.Probability(similarity) : null;
}
