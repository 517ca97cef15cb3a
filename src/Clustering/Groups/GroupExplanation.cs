using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Why a face is in its cluster.</summary>
/// <param name="Face">The face.</param>
/// <param name="Cluster">The centre of its cluster.</param>
/// <param name="Marks">What speaks against its place.</param>
/// <param name="Joins">The joins that brought the face's group step by step to the centre, first to last.</param>
/// <param name="Weakest">The one with the least log-odds: the first to fall if the strictness rises; null for a centre alone.</param>
/// <param name="WouldLeaveAbove">The strictness above which the weakest join would not have been made.</param>
public sealed record GroupExplanation(
    FaceRank Face, FaceId Cluster, FaceMarks Marks, IReadOnlyList<ExplainedJoin> Joins, ExplainedJoin? Weakest, double? WouldLeaveAbove);

/// <summary>One join on the way of a face, with ids.</summary>
/// <param name="Group">Centre of the group that the face belonged to before.</param>
/// <param name="GroupSize">Its faces.</param>
/// <param name="With">Centre of the group that it joined.</param>
/// <param name="WithSize">Its faces.</param>
/// <param name="Score">Log-odds that both were one person; infinite for a must-link.</param>
/// <param name="Threshold">What it had to exceed.</param>
/// <param name="Cosine">Cosine of the two templates.</param>
/// <param name="Support">Summed probability of the edges between the groups.</param>
public sealed record ExplainedJoin(
    FaceId Group, int GroupSize, FaceId With, int WithSize, double Score, double Threshold, double Cosine, double Support);
