namespace FaceCluster.Index.Graph;

/// <summary>A pair that passed the pruning test of one of its rows.</summary>
/// <param name="First">The row that was the query.</param>
/// <param name="Second">The other row, the same or a later one.</param>
/// <param name="Upper">Upper bound of the similarity.</param>
internal readonly record struct Survivor(int First, int Second, float Upper);
