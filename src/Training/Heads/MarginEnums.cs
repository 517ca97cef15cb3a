namespace FaceCluster.Training.Heads;

/// <summary>Which gradient passes through a margin.</summary>
public enum MarginGradient
{
    /// <summary>
    /// The logit has the margin's value and the plain cosine's gradient, as arcface_torch and OpenSphere compute: safe from NaN, and
    /// what the published InsightFace models were trained with.
    /// </summary>
    Detached,

    /// <summary>The derivative of the margin function itself, as the papers have it.</summary>
    Exact,
}

/// <summary>What happens where an angle plus its margin passes pi, beyond which the cosine would rise again.</summary>
public enum MarginFallback
{
    /// <summary>Nothing: the cosine rises again.</summary>
    None,

    /// <summary>c - m sin(pi - m) from there on (the general form in <see cref="AngularMargin"/> continues without a step).</summary>
    Hard,

    /// <summary>The margin applies only to positive cosines (easy margin).</summary>
    Easy,

    /// <summary>The plain cosine from there on, as FaceX-Zoo computes.</summary>
    Plain,
}
