namespace FaceCluster.Clustering;

/// <summary>
/// Makes the edges between single faces out of their neighbour lists: an edge where either face lists the other, with
/// twice the support where both do.
/// </summary>
internal static class EdgeBuilder
{
    // What a place of a list stands for: nothing, an edge of one list, an edge of both.
    private const byte Single = 1;
    private const byte Mutual = 2;

    /// <summary>Similarities of the graph are rounded to single precision, and centred vectors are nearly of unit length.</summary>
    private const double CosineSlack = 1e-6;

    /// <summary>Builds the table.</summary>
    /// <param name="graph">Neighbour lists of centred vectors.</param>
    /// <param name="places">Where the rows of the graph lie; the table is in places.</param>
    /// <param name="cosines">Expected cosine of each place to its person.</param>
    /// <param name="norms">Length of the coded row at each place.</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="options">Floors of the edges.</param>
    public static EdgeTable Build(KnnGraph graph, RowPlaces places, double[] cosines, double[] norms, int dimension, GroupOptions options)
    {
        var count = graph.Count;
        var kinds = new byte[graph.Rows.Length];
        var sizes = new int[count];
        WorkRanges.Run(count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var row = places.RowAt(i);
                var rows = graph.RowsOf(row);
                var similarities = graph.SimilaritiesOf(row);
                for (var n = 0; n < rows.Length && rows[n] >= 0 && similarities[n] >= options.EdgeFloor; n++)
                {
                    var other = places.PlaceOf(rows[n]);
                    if (JoinModel.LogRatio(similarities[n], cosines[i] * cosines[other]) < options.EdgeLogRatioFloor)
                    {
                        continue;
                    }

                    // A pair has one similarity, so the floors hold for both lists or for neither.
                    var mutual = graph.RowsOf(rows[n]).Contains(row);
                    kinds[(i * graph.K) + n] = mutual ? Mutual : Single;
                    Interlocked.Increment(ref sizes[i]);
                    if (!mutual)
                    {
                        Interlocked.Increment(ref sizes[other]);
                    }
                }
            }
        });
        var start = new int[count + 1];
        for (var i = 0; i < count; i++)
        {
            start[i + 1] = checked(start[i] + sizes[i]);
            sizes[i] = start[i];
        }

        var slack = Math.Sqrt(dimension) / 2;
        var edges = GC.AllocateUninitializedArray<GroupEdge>(start[count]);
        WorkRanges.Run(count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var row = places.RowAt(i);
                var rows = graph.RowsOf(row);
                var similarities = graph.SimilaritiesOf(row);
                for (var n = 0; n < rows.Length; n++)
                {
                    var kind = kinds[(i * graph.K) + n];
                    if (kind == 0)
                    {
                        continue;
                    }

                    // Of two lists that name each other, the lower place makes the edge.
                    var other = places.PlaceOf(rows[n]);
                    if (kind == Mutual && other < i)
                    {
                        continue;
                    }

                    var edge = Edge(JoinModel.LogRatio(similarities[n], cosines[i] * cosines[other]), kind == Mutual);
                    edge.Set(Bound(similarities[n], norms[i], norms[other], slack), exact: false);
                    edges[Interlocked.Increment(ref sizes[i]) - 1] = edge with { Other = other };
                    edges[Interlocked.Increment(ref sizes[other]) - 1] = edge with { Other = i };
                }
            }
        });
        return new EdgeTable(edges, start);
    }

    /// <summary>The edge of a log-likelihood ratio, without its other end and product.</summary>
    public static GroupEdge Edge(double ratio, bool mutual) => new()
    {
        Support = JoinModel.EdgeSupport(ratio) * (mutual ? 2 : 1),
        Best = (float)ratio,
    };

    /// <summary>An upper bound of the product of two coded rows from the cosine of the centred vectors.</summary>
    /// <param name="cosine">Cosine of the vectors that were coded.</param>
    /// <param name="left">Length of one coded row.</param>
    /// <param name="right">Length of the other.</param>
    /// <param name="slack">Most that coding can move a row.</param>
    public static long Bound(double cosine, double left, double right, double slack)
    {
        // x = a + u, y = b + v with |u|, |v| <= slack: xy = ab + bu + av + uv, and |a| <= |x| + slack.
        var (a, b) = (left + slack, right + slack);
        var product = cosine > 0 ? (cosine + CosineSlack) * a * b : (cosine + CosineSlack) * Math.Max(0, left - slack) * Math.Max(0, right - slack);
        return (long)(product + (slack * (a + b + slack))) + 2;
    }
}
