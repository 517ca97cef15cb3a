namespace FaceCluster.Clustering;

/// <summary>
/// Makes the edges between single faces out of their neighbour lists: an edge where either face lists the other, with
/// twice the support where both do.
/// </summary>
internal static class EdgeBuilder
{
    /// <summary>Builds the table.</summary>
    /// <param name="graph">Neighbour lists of centred vectors.</param>
    /// <param name="cosines">Expected cosine of each row to its person.</param>
    /// <param name="vectors">Coded rows.</param>
    /// <param name="options">Floors of the edges.</param>
    public static EdgeTable Build(KnnGraph graph, double[] cosines, GroupVectors vectors, GroupOptions options)
    {
        var count = graph.Count;
        var sizes = new int[count];

        // Edges of a list whose other side does not list this row are counted, and later stored, on both sides.
        var lengths = new int[count];
        WorkRanges.Run(count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var rows = graph.RowsOf(i);
                var similarities = graph.SimilaritiesOf(i);
                while (lengths[i] < rows.Length && rows[lengths[i]] >= 0 && similarities[lengths[i]] >= options.EdgeFloor)
                {
                    lengths[i]++;
                }
            }
        });
        WorkRanges.Run(count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var rows = graph.RowsOf(i);
                for (var n = 0; n < lengths[i]; n++)
                {
                    if (!IsEdge(graph, cosines, options, i, n, out _))
                    {
                        continue;
                    }

                    Interlocked.Increment(ref sizes[i]);
                    if (!graph.RowsOf(rows[n])[..lengths[rows[n]]].Contains(i))
                    {
                        Interlocked.Increment(ref sizes[rows[n]]);
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

        var edges = GC.AllocateUninitializedArray<GroupEdge>(start[count]);
        WorkRanges.Run(count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var rows = graph.RowsOf(i);
                for (var n = 0; n < lengths[i]; n++)
                {
                    if (!IsEdge(graph, cosines, options, i, n, out var ratio))
                    {
                        continue;
                    }

                    var other = rows[n];
                    var mutual = graph.RowsOf(other)[..lengths[other]].Contains(i);
                    if (mutual && other < i)
                    {
                        continue;
                    }

                    var edge = Edge(ratio, mutual, IntegerKernel.Dot(vectors.Row(i), vectors.Row(other)));
                    edges[Interlocked.Increment(ref sizes[i]) - 1] = edge with { Other = other };
                    edges[Interlocked.Increment(ref sizes[other]) - 1] = edge with { Other = i };
                }
            }
        });
        return new EdgeTable(edges, start);
    }

    /// <summary>The edge of a log-likelihood ratio, without its other end.</summary>
    public static GroupEdge Edge(double ratio, bool mutual, long dot) => new()
    {
        Support = JoinModel.EdgeSupport(ratio) * (mutual ? 2 : 1),
        Best = (float)ratio,
        Dot = dot,
    };

    private static bool IsEdge(KnnGraph graph, double[] cosines, GroupOptions options, int row, int n, out double ratio)
    {
        ratio = JoinModel.LogRatio(graph.SimilaritiesOf(row)[n], cosines[row] * cosines[graph.RowsOf(row)[n]]);
        return ratio >= options.EdgeLogRatioFloor;
    }
}
