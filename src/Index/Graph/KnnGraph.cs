namespace FaceCluster.Index.Graph;

/// <summary>
/// The nearest neighbours of every row of a set: exact, by canonical similarity, best first, ties broken by face id.
/// </summary>
/// <remarks>Takes 12 bytes per entry: 0.96 GB for a million faces with k = 80.</remarks>
public sealed class KnnGraph
{
    private readonly int[] _neighbours;
    private readonly double[] _similarities;
    private readonly int[] _lengths;

    internal KnnGraph(int count, int k)
    {
        Count = count;
        K = k;
        _neighbours = new int[checked(count * k)];
        _similarities = new double[count * k];
        _lengths = new int[count];
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Largest length of a list. A list is shorter where the set has fewer rows, and empty for a tombstone.</summary>
    public int K { get; }

    /// <summary>Row numbers of the neighbours of a row.</summary>
    public ReadOnlySpan<int> Neighbours(int row) => _neighbours.AsSpan(row * K, _lengths[row]);

    /// <summary>Canonical similarities, in the order of <see cref="Neighbours"/>.</summary>
    public ReadOnlySpan<double> Similarities(int row) => _similarities.AsSpan(row * K, _lengths[row]);

    internal void Set(int row, ReadOnlySpan<int> neighbours, ReadOnlySpan<double> similarities)
    {
        neighbours.CopyTo(_neighbours.AsSpan(row * K, K));
        similarities.CopyTo(_similarities.AsSpan(row * K, K));
        _lengths[row] = neighbours.Length;
    }

    internal Span<int> RowSlots(int row) => _neighbours.AsSpan(row * K, K);

    internal Span<double> SimilaritySlots(int row) => _similarities.AsSpan(row * K, K);

    internal ref int Length(int row) => ref _lengths[row];
}
