using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Graph;

/// <summary>
/// The lists of a graph while it is built: each a binary heap in its final place with the worst neighbour on top.
/// </summary>
/// <remarks>
/// A list changes only under the lock of its group of rows. Floors are read without it: they only rise, and a stale one
/// only lets more through.
/// </remarks>
internal sealed class PairLists
{
    private const int GroupRows = 64;

    private readonly IndexView _view;
    private readonly KnnGraph _graph;
    private readonly int _k;
    private readonly Lock[] _locks;

    public PairLists(IndexView view, KnnGraph graph)
    {
        _view = view;
        _graph = graph;
        _k = graph.K;
        Floors = new float[view.Count + IndexChunk.TileRows];
        for (var row = 0; row < Floors.Length; row++)
        {
            Floors[row] = row < view.Count && view.IsDeleted(row) ? float.PositiveInfinity : float.NegativeInfinity;
        }

        _locks = [.. Enumerable.Range(0, (view.Count / GroupRows) + 1).Select(_ => new Lock())];
    }

    /// <summary>Per row, a number no neighbour of its list falls below once the list is full; padded by one tile.</summary>
    public float[] Floors { get; }

    /// <summary>Whether the row was dead at the start: it takes nothing, and nothing takes it.</summary>
    public bool IsClosed(int row) => float.IsPositiveInfinity(Floors[row]);

    /// <summary>Offers a row, scored, to the list of another (or to its own).</summary>
    public void Offer(int owner, int other, double similarity)
    {
        if (similarity < Floors[owner])
        {
            return;
        }

        lock (_locks[owner / GroupRows])
        {
            var rows = _graph.RowSlots(owner);
            var values = _graph.SimilaritySlots(owner);
            ref var length = ref _graph.Length(owner);
            if (length < _k)
            {
                (rows[length], values[length]) = (other, similarity);
                Up(rows, values, length++);
            }
            else if (IsWorse(rows[0], values[0], other, similarity))
            {
                (rows[0], values[0]) = (other, similarity);
                Down(rows, values, _k);
            }
            else
            {
                return;
            }

            if (length == _k)
            {
                Volatile.Write(ref Floors[owner], MathF.BitDecrement((float)values[0]));
            }
        }
    }

    /// <summary>Turns the heap of a row into its list, best first; call after all offers.</summary>
    public void Sort(int row)
    {
        var rows = _graph.RowSlots(row);
        var values = _graph.SimilaritySlots(row);
        for (var last = _graph.Length(row) - 1; last > 0; last--)
        {
            (rows[0], rows[last]) = (rows[last], rows[0]);
            (values[0], values[last]) = (values[last], values[0]);
            Down(rows, values, last);
        }
    }

    // Whether (row, value) comes after (other, similarity) in the order of neighbours.
    private bool IsWorse(int row, double value, int other, double similarity) =>
        value < similarity || (value == similarity && _view.Rank(row).Id > _view.Rank(other).Id);

    private void Up(Span<int> rows, Span<double> values, int at)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!IsWorse(rows[at], values[at], rows[parent], values[parent]))
            {
                return;
            }

            (rows[at], rows[parent]) = (rows[parent], rows[at]);
            (values[at], values[parent]) = (values[parent], values[at]);
            at = parent;
        }
    }

    private void Down(Span<int> rows, Span<double> values, int length)
    {
        var at = 0;
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= length)
            {
                return;
            }

            if (child + 1 < length && IsWorse(rows[child + 1], values[child + 1], rows[child], values[child]))
            {
                child++;
            }

            if (!IsWorse(rows[child], values[child], rows[at], values[at]))
            {
                return;
            }

            (rows[at], rows[child]) = (rows[child], rows[at]);
            (values[at], values[child]) = (values[child], values[at]);
            at = child;
        }
    }
}
