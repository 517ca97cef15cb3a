using FaceCluster.Index.Scanning;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Graph;

/// <summary>
/// For each row of a stripe, the rows that may be among its k nearest, with an interval each: the state of
/// <see cref="TopCollector"/> for very many rows at once, in a few flat arrays.
/// </summary>
/// <remarks>
/// A row's entries change only under the lock of its group. Floors are read without it: they only rise, and a stale one
/// only lets more through.
/// </remarks>
internal sealed class PairCollectors
{
    private const int GroupRows = 256;
    private const int BytesPerEntry = 12;

    private readonly IndexView _view;
    private readonly int _firstRow;
    private readonly int _k;
    private readonly int _capacity;
    private readonly int[] _rows;
    private readonly float[] _uppers;
    private readonly float[] _lowers;
    private readonly int[] _counts;
    private readonly Lock[] _locks;

    public PairCollectors(IndexView view, int firstRow, int rows, int k)
    {
        _view = view;
        _firstRow = firstRow;
        _k = k;
        _capacity = Capacity(k);
        _rows = new int[rows * _capacity];
        _uppers = new float[rows * _capacity];
        _lowers = new float[rows * _capacity];
        _counts = new int[rows];
        Floors = new float[rows + IndexChunk.TileRows];
        Array.Fill(Floors, float.NegativeInfinity);
        _locks = [.. Enumerable.Range(0, (rows / GroupRows) + 1).Select(_ => new Lock())];
    }

    /// <summary>Per row, a lower bound of its k-th best similarity; padded by one tile.</summary>
    public float[] Floors { get; }

    public static long BytesPerRow(int k) => ((long)Capacity(k) * BytesPerEntry) + 64;

    public static int LargestRows(int k) => Array.MaxLength / Capacity(k);

    /// <summary>Takes over a log of survivors; consecutive entries of one group share a lock.</summary>
    public void Apply(ReadOnlySpan<Survivor> log)
    {
        Span<float> scratch = _capacity <= 1024 ? stackalloc float[_capacity] : new float[_capacity];
        for (var i = 0; i < log.Length;)
        {
            var group = log[i].Owner / GroupRows;
            lock (_locks[group])
            {
                for (; i < log.Length && log[i].Owner / GroupRows == group; i++)
                {
                    Add(log[i], scratch);
                }
            }
        }
    }

    /// <summary>What a row has collected; call after all scans of the stripe.</summary>
    public (ReadOnlyMemory<int> Rows, ReadOnlyMemory<float> Uppers, ReadOnlyMemory<float> Lowers) Take(int row)
    {
        var (at, count) = (row * _capacity, _counts[row]);
        return (_rows.AsMemory(at, count), _uppers.AsMemory(at, count), _lowers.AsMemory(at, count));
    }

    private static int Capacity(int k) => Math.Max(64, checked(2 * k));

    private void Add(in Survivor survivor, Span<float> scratch)
    {
        var row = survivor.Owner;
        if (survivor.Upper < Floors[row])
        {
            return;
        }

        if (_counts[row] == _capacity)
        {
            Compact(row, scratch);
            if (survivor.Upper < Floors[row])
            {
                return;
            }
        }

        var at = (row * _capacity) + _counts[row]++;
        (_rows[at], _uppers[at], _lowers[at]) = (survivor.Other, survivor.Upper, survivor.Lower);
    }

    private void Compact(int row, Span<float> scratch)
    {
        var (start, count) = (row * _capacity, _counts[row]);
        _lowers.AsSpan(start, count).CopyTo(scratch);
        var floor = Math.Max(Floors[row], Selection.Largest(scratch[..count], _k));
        Volatile.Write(ref Floors[row], floor);
        var kept = start;
        for (var i = start; i < start + count; i++)
        {
            if (_uppers[i] >= floor)
            {
                (_rows[kept], _uppers[kept], _lowers[kept]) = (_rows[i], _uppers[i], _lowers[i]);
                kept++;
            }
        }

        _counts[row] = kept - start;
        if (_counts[row] > _capacity - (_k / 2))
        {
            Resolve(row);
        }
    }

    // More rows than slots lie within the error bound, as among many near-duplicates: score them, which decides it.
    private void Resolve(int row)
    {
        var start = row * _capacity;
        var query = _view.Vector(_firstRow + row);
        var best = new SortedTop(_k);
        for (var i = start; i < start + _counts[row]; i++)
        {
            best.Add(_view.Score(_rows[i], query));
        }

        foreach (var neighbour in best.ToArray())
        {
            _rows[start] = neighbour.Row;
            _uppers[start] = MathF.BitIncrement((float)neighbour.Similarity);
            _lowers[start] = MathF.BitDecrement((float)neighbour.Similarity);
            start++;
        }

        _counts[row] = start - (row * _capacity);
        if (best.IsFull)
        {
            Volatile.Write(ref Floors[row], Math.Max(Floors[row], MathF.BitDecrement((float)best.Worst.Similarity)));
        }
    }
}
