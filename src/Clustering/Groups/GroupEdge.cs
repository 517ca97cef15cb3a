namespace FaceCluster.Clustering;

/// <summary>The relation of a group to another one, kept on both sides with the same values.</summary>
internal struct GroupEdge
{
    /// <summary>The product is not known and must be computed.</summary>
    public const long Unknown = long.MinValue;

    /// <summary>The other group.</summary>
    public int Other;

    /// <summary>Summed probability of the edges between their faces, fixed point; an integer, so the order of sums does not matter.</summary>
    public int Support;

    /// <summary>Log-likelihood ratio of the best edge.</summary>
    public float Best;

    /// <summary>Log-odds of the join.</summary>
    public float Score;

    /// <summary>Product of the two templates, or <see cref="Unknown"/>.</summary>
    public long Dot;
}
