namespace FaceCluster.Clustering;

/// <summary>
/// Where rows lie while they are grouped: faces that are near each other lie near each other in memory, so that what a
/// join looks at is in the caches already. Rows in rank order are scattered: at a million faces nearly every look at a
/// neighbour would wait for memory. Results do not depend on the places.
/// </summary>
internal sealed class RowPlaces
{
    private readonly int[] _rowAt;
    private readonly int[] _placeOf;

    private RowPlaces(int[] rowAt)
    {
        _rowAt = rowAt;
        _placeOf = new int[rowAt.Length];
        for (var place = 0; place < rowAt.Length; place++)
        {
            _placeOf[rowAt[place]] = place;
        }
    }

    /// <summary>The row at each place. Rows are in rank order, so this is also the rank of a place; lower is higher.</summary>
    public int[] Rows => _rowAt;

    /// <summary>The row at a place.</summary>
    public int RowAt(int place) => _rowAt[place];

    /// <summary>The place of a row.</summary>
    public int PlaceOf(int row) => _placeOf[row];

    /// <summary>Walks the trees in which each row hangs on its most similar neighbour of higher rank, depth first.</summary>
    public static RowPlaces Near(KnnGraph graph)
    {
        var parents = new int[graph.Count];
        WorkRanges.Run(parents.Length, (from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                parents[row] = -1;
                foreach (var other in graph.RowsOf(row))
                {
                    // A list that ends early has -1, and no row of higher rank has a larger number.
                    if (other < row)
                    {
                        parents[row] = other;
                        break;
                    }
                }
            }
        });
        return new RowPlaces(DepthFirst(parents));
    }

    private static int[] DepthFirst(int[] parents)
    {
        // Children as linked lists; a parent has a smaller number, so the lists are in order of rank.
        var child = new int[parents.Length];
        var sibling = new int[parents.Length];
        Array.Fill(child, -1);
        for (var row = parents.Length - 1; row >= 0; row--)
        {
            sibling[row] = -1;
            if (parents[row] >= 0)
            {
                sibling[row] = child[parents[row]];
                child[parents[row]] = row;
            }
        }

        var order = new int[parents.Length];
        var filled = 0;
        for (var root = 0; root < parents.Length; root++)
        {
            if (parents[root] >= 0)
            {
                continue;
            }

            for (var row = root; row >= 0;)
            {
                order[filled++] = row;
                var next = child[row];
                while (next < 0 && row != root)
                {
                    next = sibling[row];
                    row = parents[row];
                }

                row = next;
            }
        }

        return order;
    }
}
