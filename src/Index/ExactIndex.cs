using FaceCluster.Core;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index;

/// <summary>
/// Append-only store of unit vectors for exact search. One writer appends and tombstones; any number of readers search
/// immutable views without locks and without holding the writer up.
/// </summary>
/// <remarks>
/// Per row of dimension d: 4 d bytes of vector, d bytes of codes, 41 bytes of columns, and 8 more once acceptances are
/// set. Memory is taken in chunks of 8 MB of vectors (4096 rows at d = 512), never moves, and is given back when all rows
/// of its chunk are erased.
/// </remarks>
public sealed class ExactIndex
{
    /// <summary>The largest dimension; an integer product of two coded vectors then fits 32 bits.</summary>
    public const int MaximumDimension = 32_768;

    private readonly int _rowsPerChunk;
    private readonly ScanEpochs _epochs = new();
    private IndexChunk[] _chunks = [];
    private int _count;
    private int _deleted;

    /// <param name="dimension">Length of the vectors, a multiple of 8 up to <see cref="MaximumDimension"/>.</param>
    public ExactIndex(int dimension)
    {
        if (dimension <= 0 || dimension > MaximumDimension || dimension % Similarity.LaneCount != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension,
                $"The dimension must be a multiple of {Similarity.LaneCount} from {Similarity.LaneCount} to {MaximumDimension}.");
        }

        Dimension = dimension;
        _rowsPerChunk = IndexChunk.RowsFor(dimension);
    }

    /// <summary>Length of the vectors.</summary>
    public int Dimension { get; }

    /// <summary>Rows appended, tombstones included.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Rows that are not tombstones.</summary>
    public int LiveCount => Count - Volatile.Read(ref _deleted);

    /// <summary>Bytes held, the unused part of the last chunk included.</summary>
    public long MemoryBytes => Volatile.Read(ref _chunks).Sum(chunk => chunk.Bytes);

    /// <summary>Adds a face. It is in every view taken after the call returns. Only the one writer may call this.</summary>
    /// <param name="face">The face; its magnitude must be finite and positive.</param>
    /// <param name="unit">Its unit vector (<see cref="Similarity.Normalize"/>); copied.</param>
    /// <returns>The row number: 0 for the first face, then one more each time.</returns>
    /// <exception cref="ArgumentException">The vector has another dimension, is not finite or not of unit length.</exception>
    public int Append(in FaceRecord face, ReadOnlySpan<float> unit)
    {
        Guard.Unit(unit, Dimension, nameof(unit));
        if (!float.IsFinite(face.Magnitude) || face.Magnitude <= 0)
        {
            throw new ArgumentException($"The magnitude must be finite and positive, not {face.Magnitude}.", nameof(face));
        }

        var row = _count;
        if (row == int.MaxValue)
        {
            throw new InvalidOperationException("The index is full: split the shard.");
        }

        var (chunk, offset) = Math.DivRem(row, _rowsPerChunk);
        if (chunk == _chunks.Length)
        {
            Volatile.Write(ref _chunks, [.. _chunks, new IndexChunk(Dimension, _rowsPerChunk)]);
        }

        _chunks[chunk].Write(offset, face, unit);
        Volatile.Write(ref _count, row + 1);
        return row;
    }

    /// <summary>
    /// Removes a row from all searches, those of earlier views included; the bytes stay. Only the one writer may call
    /// this.
    /// </summary>
    /// <returns>Whether the row was alive.</returns>
    public bool Tombstone(int row)
    {
        var (chunk, offset) = Locate(row);
        return Kill(chunk, offset);
    }

    /// <summary>
    /// Removes a row from all searches and overwrites its vector and its codes with zeros: before this returns where no
    /// scan is running, else when the last scan that was running has ended (it answers as if it had come first). A chunk
    /// whose rows are all dead gives its memory back. Face, rank and time of the row stay readable; its vector may be
    /// read no more, not through an earlier view either. Only the one writer may call this.
    /// </summary>
    /// <returns>Whether the row was alive.</returns>
    public bool Erase(int row)
    {
        var (chunk, offset) = Locate(row);
        var alive = Kill(chunk, offset);
        _epochs.AfterScans(() => chunk.EraseRow(offset));
        if (chunk.IsRetired)
        {
            _epochs.AfterScans(chunk.Release);
        }

        return alive;
    }

    /// <summary>
    /// States from which similarity on a row takes an offer: that of the last entry of its candidate list, or negative
    /// infinity (the state of a new row) while the list has room. Scans read it without a lock: a stale, lower value only
    /// yields an offer that the exact merge then declines, so lower it before and not after a list loses an entry.
    /// </summary>
    public void SetAcceptance(int row, double similarity)
    {
        var (chunk, offset) = Locate(row);
        chunk.SetAcceptance(offset, similarity);
    }

    /// <summary>The rows appended so far, for searching. May be called from any thread; costs one small object.</summary>
    public IndexView Snapshot()
    {
        // Count first: the chunks read afterwards are at least as new, so they cover it.
        var count = Volatile.Read(ref _count);
        return new IndexView(Volatile.Read(ref _chunks), count, Dimension, _rowsPerChunk, _epochs);
    }

    private bool Kill(IndexChunk chunk, int offset)
    {
        if (chunk.Deleted[offset])
        {
            return false;
        }

        if (chunk.Kill(offset))
        {
            chunk.Retire();
        }

        Volatile.Write(ref _deleted, _deleted + 1);
        return true;
    }

    private (IndexChunk Chunk, int Offset) Locate(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, _count);
        var (chunk, offset) = Math.DivRem(row, _rowsPerChunk);
        return (_chunks[chunk], offset);
    }
}
