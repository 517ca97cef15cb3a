using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>What a re-clustering may do to identities that people have named.</summary>
public enum NameRule
{
    /// <summary>
    /// A name is a person's word, and a threshold does not take it back: named identities neither split nor merge; what
    /// the evidence would do is listed for a person to decide (<see cref="ReclusteringPlan.Held"/>). Single faces may still
    /// move to another identity, and hard constraints go before names.
    /// </summary>
    Hold,

    /// <summary>As for identities without a name: the heavier part keeps the name, and of two the heavier name stays.</summary>
    FollowEvidence,
}

/// <summary>What the evidence would have done to a named identity.</summary>
public enum HeldPartKind
{
    /// <summary>The part would be a cluster of its own.</summary>
    Split,

    /// <summary>The part would belong to another named identity's cluster.</summary>
    Merge,
}

/// <summary>A part of a named identity that stays with it against the evidence.</summary>
/// <param name="Kind">What the evidence would do.</param>
/// <param name="Identity">The identity that keeps it.</param>
/// <param name="Centre">Centre of the new cluster that the part would be, or be in.</param>
/// <param name="Faces">The part.</param>
public sealed record HeldPart(HeldPartKind Kind, FaceId Identity, FaceId Centre, IReadOnlyList<FaceId> Faces);
