namespace FaceCluster.Vision.Models;

/// <summary>
/// Turns a cosine into the probability that two faces are of one person, for pairs of which one half is: logistic
/// regression on the cosine (Platt, "Probabilistic outputs for support vector machines", 1999).
/// </summary>
/// <param name="Slope">Factor of the cosine, above 0.</param>
/// <param name="Midpoint">The cosine at which both are equally likely, -1 to 1.</param>
public sealed record ModelCalibration(double Slope, double Midpoint)
{
    /// <summary>The probability, 0 to 1.</summary>
    public double Probability(double similarity) => 1 / (1 + Math.Exp(-Slope * (similarity - Midpoint)));

    internal void Validate()
    {
        if (!(Slope > 0 && double.IsFinite(Slope)))
        {
            throw new ArgumentException($"calibration.slope must be a finite number above 0, not {Slope}.");
        }

        if (!(Midpoint >= -1 && Midpoint <= 1))
        {
            throw new ArgumentException($"calibration.midpoint must be a cosine between -1 and 1, not {Midpoint}.");
        }
    }
}
