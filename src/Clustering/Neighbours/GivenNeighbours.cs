using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Neighbours from a graph that somebody else has built, for example learn-to-cluster's <c>faiss_k_80.npz</c>. Its lists
/// are taken as candidates: their similarities are computed anew, and the best are kept.
/// </summary>
/// <remarks>Whatever the graph lacks is not found, so the result is a function of the faces and the graph.</remarks>
/// <param name="graph">Lists by row of the <see cref="FaceSet"/>.</param>
public sealed class GivenNeighbours(KnnGraph graph) : IKnnBuilder
{
    /// <inheritdoc/>
    public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        return Build(order, units, dimension, k);
    }

    /// <summary>The graph over rows in another order.</summary>
    /// <param name="order">The row of the given graph for each row of <paramref name="units"/>.</param>
    /// <param name="units">Unit vectors, row-major.</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="k">Neighbours per row, at least 1.</param>
    /// <exception cref="InvalidDataException">The graph has another number of rows, or names one that does not exist.</exception>
    internal KnnGraph Build(int[] order, float[] units, int dimension, int k)
    {
        if (graph.Count != order.Length)
        {
            throw new InvalidDataException($"The neighbour graph has {graph.Count} rows, the features have {order.Length}.");
        }

        if (graph.Rows.AsSpan().IndexOfAnyExceptInRange(-1, graph.Count - 1) is var at and >= 0)
        {
            throw new InvalidDataException($"The neighbour graph names row {graph.Rows[at]}; there are {graph.Count}.");
        }

        var places = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            places[order[i]] = i;
        }

        var rows = new int[checked(order.Length * k)];
        var similarities = new float[rows.Length];
        Array.Fill(rows, -1);
        WorkRanges.Run(order.Length, (from, to) =>
        {
            var found = new List<(double Similarity, int Row)>();
            for (var i = from; i < to; i++)
            {
                found.Clear();
                foreach (var row in graph.RowsOf(order[i]))
                {
                    if (row >= 0 && places[row] != i && !found.Exists(known => known.Row == places[row]))
                    {
                        found.Add((Similarity.Dot(Unit(i), Unit(places[row])), places[row]));
                    }
                }

                found.Sort((a, b) => a.Similarity != b.Similarity ? b.Similarity.CompareTo(a.Similarity) : a.Row.CompareTo(b.Row));
                for (var n = 0; n < Math.Min(k, found.Count); n++)
                {
                    rows[(i * k) + n] = found[n].Row;
                    similarities[(i * k) + n] = (float)found[n].Similarity;
                }
            }
        });
        return new KnnGraph(order.Length, k, rows, similarities);

        ReadOnlySpan<float> Unit(int row) => units.AsSpan(row * dimension, dimension);
    }
}
