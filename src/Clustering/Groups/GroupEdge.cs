namespace FaceCluster.Clustering;

/// <summary>The relation of a group to another one, kept on both sides with the same values.</summary>
internal struct GroupEdge
{
    // Twice the product, plus one where it is only a bound.
    private long _product;

    /// <summary>The other group.</summary>
    public int Other;

    /// <summary>Summed probability of the edges between their faces, fixed point; an integer, so the order of sums does not matter.</summary>
    public int Support;

    /// <summary>Log-likelihood ratio of the best edge.</summary>
    public float Best;

    /// <summary>Log-odds of the join; where the product is a bound, a bound that does not reach the strictness.</summary>
    public float Score;

    /// <summary>Product of the two templates, or an upper bound of it.</summary>
    public readonly long Dot => _product >> 1;

    /// <summary>Whether <see cref="Dot"/> is the product itself.</summary>
    public readonly bool IsExact => (_product & 1) == 0;

    /// <summary>Sets the product or its upper bound.</summary>
    public void Set(long dot, bool exact) => _product = (dot << 1) | (exact ? 0L : 1L);

    /// <summary>Adds an edge of two other parts of the same groups.</summary>
    public void Add(in GroupEdge part)
    {
        Support += part.Support;
        Best = Math.Max(Best, part.Best);
        Set(Dot + part.Dot, IsExact && part.IsExact);
    }

    /// <summary>Takes over product and score of the other side.</summary>
    public void Mirror(in GroupEdge side)
    {
        _product = side._product;
        Score = side.Score;
    }
}
