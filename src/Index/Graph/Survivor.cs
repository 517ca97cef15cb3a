namespace FaceCluster.Index.Graph;

/// <summary>A pair that passed the pruning test of one of its rows.</summary>
/// <param name="Owner">The row whose list the other may enter, counted from the start of the stripe.</param>
/// <param name="Other">The other row, counted from the start of the view.</param>
/// <param name="Upper">Upper bound of the similarity.</param>
/// <param name="Lower">Lower bound of the similarity.</param>
internal readonly record struct Survivor(int Owner, int Other, float Upper, float Lower);
