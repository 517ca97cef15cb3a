namespace FaceCluster.Clustering;

/// <summary>Why the place of a face is uncertain. A marked face is kept and linked by the same rule as any other.</summary>
[Flags]
public enum FaceMarks
{
    /// <summary>Nothing speaks against its place.</summary>
    None = 0,

    /// <summary>Its magnitude is below the quality gate.</summary>
    LowQuality = 1,

    /// <summary>Two clusters are within the margin of each other.</summary>
    Ambiguous = 2,

    /// <summary>A constraint forbids the place that its similarities ask for.</summary>
    Conflict = 4,

    /// <summary>It is joined to its cluster by an edge too weak to be sure of.</summary>
    WeakLink = 8,
}
