using FaceCluster.Core;

namespace FaceCluster.Index;

/// <summary>A new face that looks for its place in the forest.</summary>
/// <param name="Rank">Its rank; the row with the same id is never its neighbour.</param>
/// <param name="Unit">Its unit vector.</param>
public readonly record struct LinkQuery(FaceRank Rank, ReadOnlyMemory<float> Unit);

/// <summary>What one scan says about one new face.</summary>
/// <param name="Candidates">
/// The best rows of higher rank above the threshold, best first, at most as many as a candidate list holds.
/// </param>
/// <param name="Offers">
/// All rows of lower rank above the threshold whose acceptance the similarity reaches (ties included), best first: the
/// new face may enter their candidate lists.
/// </param>
public sealed record LinkResult(Neighbour[] Candidates, Neighbour[] Offers);
