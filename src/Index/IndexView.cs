using System.Numerics;
using FaceCluster.Core;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index;

/// <summary>
/// The rows an index had at one moment. It never changes, except that rows tombstoned later vanish from its searches
/// too. It holds the memory of its rows, so drop it after use.
/// </summary>
public sealed class IndexView
{
    private readonly IndexChunk[] _chunks;
    private readonly ScanEpochs _epochs;
    private readonly int _rowShift;

    internal IndexView(IndexChunk[] chunks, int count, int dimension, int rowsPerChunk, ScanEpochs epochs, int firstRow = 0)
    {
        FirstRow = firstRow;
        _chunks = chunks;
        _epochs = epochs;
        _rowShift = BitOperations.Log2((uint)rowsPerChunk);
        Count = count;
        Dimension = dimension;
        RowsPerChunk = rowsPerChunk;
    }

    /// <summary>Rows, tombstones included.</summary>
    public int Count { get; }

    /// <summary>Searches skip the rows before this one; see <see cref="From"/>.</summary>
    public int FirstRow { get; }

    /// <summary>Length of the vectors.</summary>
    public int Dimension { get; }

    internal int RowsPerChunk { get; }

    internal ReadOnlySpan<IndexChunk> Chunks => _chunks;

    /// <summary>The same rows, of which searches see only those from <paramref name="firstRow"/> on. Row numbers stay.</summary>
    public IndexView From(int firstRow)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        return new IndexView(_chunks, Count, Dimension, RowsPerChunk, _epochs, Math.Max(FirstRow, firstRow));
    }

    /// <summary>Whether the row is a tombstone by now.</summary>
    public bool IsDeleted(int row) => Volatile.Read(ref ChunkOf(row).Deleted[Offset(row)]);

    /// <summary>The face in a row.</summary>
    public FaceRecord Face(int row) => ChunkOf(row).Face(Offset(row));

    /// <summary>The rank of the face in a row.</summary>
    public FaceRank Rank(int row) => ChunkOf(row).Rank(Offset(row));

    /// <summary>
    /// The unit vector of a row; valid while the view is referenced and the row is not erased (<see cref="ExactIndex.Erase"/>):
    /// read it where rows are erased, or of rows that nobody erases meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">The row and all its neighbours in memory were erased.</exception>
    public ReadOnlySpan<float> Vector(int row) => ChunkOf(row).Vector(Offset(row));

    /// <summary>Holds up the erasure of rows that are alive now until the result is disposed.</summary>
    internal ScanEpochs.Lease BeginScan() => _epochs.Enter();

    internal unsafe float* Pointer(int row) => ChunkOf(row).Vectors + ((long)Offset(row) * Dimension);

    internal double Acceptance(int row) =>
        ChunkOf(row).Acceptance is { } column ? Volatile.Read(ref column[Offset(row)]) : double.NegativeInfinity;

    internal Neighbour Score(int row, ReadOnlySpan<float> query)
    {
        var chunk = ChunkOf(row);
        var offset = Offset(row);
        return new Neighbour(row, chunk.Ids[offset], Similarity.Dot(query, chunk.Vector(offset)));
    }

    private IndexChunk ChunkOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return _chunks[row >> _rowShift];
    }

    private int Offset(int row) => row & (RowsPerChunk - 1);
}
