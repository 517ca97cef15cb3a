namespace FaceCluster.Clustering;

/// <summary>The settings of level two. The defaults were chosen on lfw-dev and lfw-dev-fleet only.</summary>
public sealed record GroupOptions
{
    /// <summary>The defaults.</summary>
    public static GroupOptions Default { get; } = new();

    /// <summary>Neighbours per face in the graph that carries support, at least 1.</summary>
    public int Neighbours { get; init; } = 20;

    /// <summary>Edges with a lower centred cosine carry no support.</summary>
    public float EdgeFloor { get; init; } = 0.15f;

    /// <summary>Edges whose log-likelihood ratio same : different is lower carry no support; they would only cost time.</summary>
    public double EdgeLogRatioFloor { get; init; } = 2;

    /// <summary>Log-odds that a join must reach. Higher is stricter.</summary>
    public double Strictness { get; init; } = 0.25;

    /// <summary>Log-odds a second cluster must stay below the own one for a face not to be marked ambiguous.</summary>
    public double AmbiguityMargin { get; init; } = 1.0;

    /// <summary>A face whose expected cosine to its person is below this, and which stays alone, is marked as of low quality.</summary>
    public double QualityGate { get; init; } = 0.40;

    /// <summary>Log-odds taken off a join of two faces seen in one frame.</summary>
    public double SameFramePenalty { get; init; } = 4;

    /// <summary>Weights of the join score; for ablations.</summary>
    public JoinWeights Weights { get; init; } = JoinWeights.Default;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(AmbiguityMargin);
        if (!(EdgeFloor is > -1 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(EdgeFloor), EdgeFloor, "The edge floor must be a cosine in (-1, 1).");
        }

        if (double.IsNaN(Strictness))
        {
            throw new ArgumentOutOfRangeException(nameof(Strictness), Strictness, "The strictness must be a number.");
        }
    }
}
