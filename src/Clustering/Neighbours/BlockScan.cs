using System.Buffers;

namespace FaceCluster.Clustering;

/// <summary>
/// Walks all pairs of a block of rows on every core and hands over those whose approximate score passes the row's
/// current bar. A stand-in for the search of the index library with the same contract: nothing above the bar is missed.
/// </summary>
internal static class BlockScan
{
    private const int QueryBlock = 64;
    private const int ColumnBlock = 128;

    /// <summary>What a scan does with its rows. A row belongs to one thread during the scan.</summary>
    public interface IVisitor
    {
        /// <summary>The score that a pair of this row must reach, allowing for the kernel's error.</summary>
        float Bar(int row);

        /// <summary>The columns [0, end) that this row is compared with.</summary>
        int End(int row);

        /// <summary>A pair at or above the bar.</summary>
        void Visit(int row, int column, float approximate);
    }

    /// <summary>Scans <paramref name="count"/> rows of <paramref name="units"/>, later rows first.</summary>
    public static void Run<TVisitor>(float[] units, int dimension, int count, TVisitor visitor, Action<double>? progress, CancellationToken cancellation)
        where TVisitor : class, IVisitor
    {
        var blocks = (count + QueryBlock - 1) / QueryBlock;
        long done = 0;
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, blocks, options, index =>
        {
            // The last rows have the most columns; starting with them keeps the cores busy to the end.
            var block = blocks - 1 - index;
            ScanBlock(units, dimension, block * QueryBlock, Math.Min(count, (block + 1) * QueryBlock), visitor);
            progress?.Invoke((double)Interlocked.Increment(ref done) / blocks);
        });
    }

    private static void ScanBlock<TVisitor>(float[] units, int dimension, int from, int to, TVisitor visitor)
        where TVisitor : class, IVisitor
    {
        var scores = ArrayPool<float>.Shared.Rent(4 * ColumnBlock);
        try
        {
            var end = 0;
            for (var row = from; row < to; row++)
            {
                end = Math.Max(end, visitor.End(row));
            }

            for (var column = 0; column < end; column += ColumnBlock)
            {
                var width = Math.Min(ColumnBlock, end - column);
                var columns = units.AsSpan(column * dimension, width * dimension);
                for (var row = from; row < to; row += 4)
                {
                    FloatKernel.ScoreFour(
                        Row(units, dimension, row), Row(units, dimension, Math.Min(row + 1, to - 1)),
                        Row(units, dimension, Math.Min(row + 2, to - 1)), Row(units, dimension, Math.Min(row + 3, to - 1)),
                        columns, width, scores, ColumnBlock);
                    for (var q = 0; q < 4 && row + q < to; q++)
                    {
                        Pick(scores.AsSpan(q * ColumnBlock, width), row + q, column, visitor);
                    }
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scores);
        }
    }

    private static void Pick<TVisitor>(ReadOnlySpan<float> scores, int row, int column, TVisitor visitor)
        where TVisitor : class, IVisitor
    {
        var bar = visitor.Bar(row);
        var end = Math.Min(scores.Length, visitor.End(row) - column);
        for (var i = 0; i < end; i++)
        {
            if (scores[i] >= bar)
            {
                visitor.Visit(row, column + i, scores[i]);
                bar = visitor.Bar(row);
            }
        }
    }

    private static ReadOnlySpan<float> Row(float[] units, int dimension, int row) => units.AsSpan(row * dimension, dimension);
}
