using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Why a face is in its cluster.</summary>
/// <param name="Face">The face.</param>
/// <param name="Cluster">The centre of its cluster.</param>
/// <param name="Marks">What speaks against its place.</param>
/// <param name="Joins">The joins that brought the face's group step by step to the centre, first to last.</param>
/// <param name="Weakest">The one with the least log-odds: the first to fall if the strictness rises; null for a centre alone.</param>
/// <param name="WouldLeaveAbove">The strictness above which the weakest join would not have been made.</param>
/// <param name="Changes">What would change its place.</param>
public sealed record GroupExplanation(
    FaceRank Face, FaceId Cluster, FaceMarks Marks, IReadOnlyList<ExplainedJoin> Joins, ExplainedJoin? Weakest, double? WouldLeaveAbove,
    IReadOnlyList<PossibleChange> Changes);

/// <summary>What would change the place of a face.</summary>
/// <param name="Kind">What would have to happen.</param>
/// <param name="With">The face or centre that the face would be parted from or joined with.</param>
/// <param name="Threshold">The strictness at which it happens, or the log-odds that a constraint would overrule.</param>
/// <param name="Constraint">The cannot-link that stands against it, where one does.</param>
public sealed record PossibleChange(PossibleChangeKind Kind, FaceId With, double Threshold, FacePair? Constraint = null)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PossibleChangeKind.HigherStrictness => FormattableString.Invariant($"above a strictness of {Threshold:F2} the join with {With} would not be made"),
        PossibleChangeKind.LowerStrictness => FormattableString.Invariant($"below a strictness of {Threshold:F2} a join with {With} becomes possible"),
        PossibleChangeKind.CannotLink => FormattableString.Invariant($"a cannot-link with {With} would undo the weakest join (log-odds {Threshold:F2})"),
        PossibleChangeKind.MustLink => FormattableString.Invariant($"a must-link with {With} would join the next likely cluster (log-odds {Threshold:F2})"),
        _ => FormattableString.Invariant($"without the cannot-link of {Constraint?.Left} and {Constraint?.Right} the evidence would join {With} (log-odds {Threshold:F2})"),
    };
}

/// <summary>What would have to happen for a face to change its place.</summary>
public enum PossibleChangeKind
{
    /// <summary>The strictness rises above the weakest join.</summary>
    HigherStrictness,

    /// <summary>The strictness falls below the log-odds of the next likely cluster.</summary>
    LowerStrictness,

    /// <summary>A person says that the two sides of the weakest join are two people.</summary>
    CannotLink,

    /// <summary>A person says that the next likely cluster is the same one.</summary>
    MustLink,

    /// <summary>A person takes back what keeps it from the next likely cluster.</summary>
    WithoutConstraint,
}

/// <summary>One join on the way of a face, with ids.</summary>
/// <param name="Group">Centre of the group that the face belonged to before.</param>
/// <param name="GroupSize">Its faces.</param>
/// <param name="With">Centre of the group that it joined.</param>
/// <param name="WithSize">Its faces.</param>
/// <param name="Score">Log-odds that both were one person; infinite for a must-link.</param>
/// <param name="Threshold">What it had to exceed.</param>
/// <param name="Cosine">Cosine of the two templates.</param>
/// <param name="Support">Summed probability of the edges between the groups.</param>
/// <param name="GroupMagnitude">Magnitude of the first centre; the higher one names the joined group.</param>
/// <param name="WithMagnitude">Magnitude of the second.</param>
public sealed record ExplainedJoin(
    FaceId Group, int GroupSize, FaceId With, int WithSize, double Score, double Threshold, double Cosine, double Support,
    float GroupMagnitude, float WithMagnitude);
