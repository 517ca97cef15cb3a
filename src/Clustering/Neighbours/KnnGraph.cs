using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The nearest neighbours of every row, best first: <see cref="K"/> rows and canonical cosines each.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="K">Neighbours per row.</param>
/// <param name="Rows">Count x K row numbers; -1 where a row has fewer neighbours.</param>
/// <param name="Similarities">Count x K cosines, rounded to single.</param>
public sealed record KnnGraph(int Count, int K, int[] Rows, float[] Similarities)
{
    /// <summary>The neighbours of a row; the list may end early with -1.</summary>
    public ReadOnlySpan<int> RowsOf(int row) => Rows.AsSpan(row * K, K);

    /// <summary>Their cosines.</summary>
    public ReadOnlySpan<float> SimilaritiesOf(int row) => Similarities.AsSpan(row * K, K);
}

/// <summary>Finds the neighbour graph that level two works on.</summary>
public interface IKnnBuilder
{
    /// <summary>
    /// The <paramref name="k"/> nearest other rows of each row by canonical similarity; equal ones by lower row. Exact, so
    /// that the graph is a function of the set of faces.
    /// </summary>
    /// <param name="units">Unit vectors, row-major, in rank order (row 0 ranks highest).</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="k">Neighbours per row, at least 1.</param>
    /// <param name="progress">Told the share of the work done.</param>
    /// <param name="cancellation">Stops the work.</param>
    KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation);
}

/// <summary>Compares all pairs: exact, no index to build, quadratic.</summary>
public sealed class BruteForceKnnBuilder : IKnnBuilder
{
    /// <inheritdoc/>
    public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(units);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var visitor = new Visitor(units, count, dimension, k);
        BlockScan.Run(units, dimension, count, visitor, progress, cancellation);
        return visitor.ToGraph();
    }

    private sealed class Visitor(float[] units, int count, int dimension, int k) : BlockScan.IVisitor
    {
        private readonly int[] _rows = new int[count * k];
        private readonly double[] _similarities = new double[count * k];
        private readonly int[] _filled = new int[count];

        public float Bar(int row) =>
            _filled[row] < k ? float.NegativeInfinity : (float)_similarities[(row * k) + k - 1] - FloatKernel.Slack;

        public int End(int row) => count;

        public void Visit(int row, int column, float approximate)
        {
            if (row == column)
            {
                return;
            }

            var similarity = Similarity.Dot(units.AsSpan(row * dimension, dimension), units.AsSpan(column * dimension, dimension));
            var start = row * k;
            var at = _filled[row];
            if (at == k)
            {
                at--;
                if (!Better(similarity, column, start + at))
                {
                    return;
                }
            }
            else
            {
                _filled[row]++;
            }

            for (; at > 0 && Better(similarity, column, start + at - 1); at--)
            {
                _rows[start + at] = _rows[start + at - 1];
                _similarities[start + at] = _similarities[start + at - 1];
            }

            _rows[start + at] = column;
            _similarities[start + at] = similarity;
        }

        public KnnGraph ToGraph()
        {
            for (var row = 0; row < count; row++)
            {
                Array.Fill(_rows, -1, (row * k) + _filled[row], k - _filled[row]);
            }

            return new KnnGraph(count, k, _rows, Array.ConvertAll(_similarities, s => (float)s));
        }

        private bool Better(double similarity, int column, int than) =>
            similarity > _similarities[than] || (similarity == _similarities[than] && column < _rows[than]);
    }
}
