namespace FaceCluster.Clustering;

/// <summary>The settings of level one, frozen for a collection.</summary>
/// <param name="Threshold">Tau: a face connects only to a neighbour whose cosine is strictly above this, in (-1, 1).</param>
/// <param name="Margin">Two candidates of different clusters whose cosines differ by at most this make a face ambiguous, in [0, 2].</param>
/// <param name="QualityGate">A face whose magnitude is below this is marked as of low quality; 0 switches the mark off.</param>
public sealed record ForestOptions(double Threshold = 0.50, double Margin = 0.03, float QualityGate = 0)
{
    /// <summary>The defaults, measured for the default model (see docs/clustering.md).</summary>
    public static ForestOptions Default { get; } = new();

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (!(Threshold > -1 && Threshold < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Threshold), Threshold, "The threshold must be a cosine in (-1, 1).");
        }

        if (!(Margin >= 0 && Margin <= 2))
        {
            throw new ArgumentOutOfRangeException(nameof(Margin), Margin, "The margin must be in [0, 2].");
        }

        if (!(QualityGate >= 0 && float.IsFinite(QualityGate)))
        {
            throw new ArgumentOutOfRangeException(nameof(QualityGate), QualityGate, "The quality gate must be a finite magnitude of 0 or more.");
        }
    }
}
