namespace FaceCluster.Index;

/// <summary>Neighbours and how far they can be trusted.</summary>
/// <param name="Results">Per query, best first. Similarities are canonical either way.</param>
/// <param name="IsApproximate">Whether a nearer row may be missing; callers pass this on to whoever asked.</param>
public sealed record SearchAnswer(Neighbour[][] Results, bool IsApproximate);
