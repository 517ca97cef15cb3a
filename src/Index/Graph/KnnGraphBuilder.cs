using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;

namespace FaceCluster.Index.Graph;

/// <summary>
/// Builds neighbour graphs by a blocked matrix product on 8-bit codes, in which every product serves both of its rows,
/// and exact scoring of what it lets through. Beside the set and the result it takes 5 bytes per row.
/// </summary>
public static class KnnGraphBuilder
{
    /// <summary>The exact neighbour lists of all rows of a view.</summary>
    /// <exception cref="ArgumentException">The graph would have more than 2^31 entries.</exception>
    public static Task<KnnGraph> BuildAsync(IndexView view, KnnGraphOptions options, CancellationToken cancellation = default) =>
        BuildAsync(view, options, KernelSelection.Best, cancellation);

    internal static Task<KnnGraph> BuildAsync(
        IndexView view, KnnGraphOptions options, ScanKernel kernel, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.K, 1, nameof(options));
        if ((long)view.Count * options.K > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{view.Count} rows with {options.K} neighbours each are more than the {Array.MaxLength} entries a graph can hold.", nameof(options));
        }

        var operation = new Operation(view, options, cancellation);
        return ScanRunner.StartAsync(
            view, () => KernelSelection.Run<Operation, Task<KnnGraph>>(kernel, operation), options.Scheduling, cancellation);
    }

    private readonly record struct Operation(IndexView View, KnnGraphOptions Options, CancellationToken Cancellation)
        : IKernelOperation<Task<KnnGraph>>
    {
        public async Task<KnnGraph> Run<TKernel>()
            where TKernel : struct, ITileKernel
        {
            var (view, options, cancellation) = (View, Options, Cancellation);
            var graph = new KnnGraph(view.Count, options.K);
            var lists = new PairLists(view, graph);
            var scan = new PairScan(view, options.IncludeSelf, lists);
            var progress = new WorkProgress(view.Count, options.Progress);
            await ScanRunner.ForEachAsync(
                scan.Blocks, options.Scheduling.Degree, block => progress.Add(scan.Scan<TKernel>(block, cancellation)), options.Scheduling, cancellation);
            await ScanRunner.ForEachAsync(scan.Blocks, options.Scheduling.Degree, SortBlock, options.Scheduling, cancellation);
            progress.Complete();
            return graph;

            void SortBlock(int block)
            {
                for (var row = block * PairScan.BlockRows; row < Math.Min((block + 1) * PairScan.BlockRows, view.Count); row++)
                {
                    lists.Sort(row);
                }
            }
        }
    }

    // Reports whole per cents of the pairs.
    private sealed class WorkProgress(long rows, IProgress<double>? target)
    {
        private readonly double _total = Math.Max(1, rows * (rows + (double)PairScan.BlockRows) / 2);
        private readonly Lock _lock = new();
        private long _done;
        private int _reported;

        public void Add(long pairs)
        {
            if (target is null)
            {
                return;
            }

            // Under a lock, so that reports come in order.
            lock (_lock)
            {
                _done += pairs;
                var percent = (int)(_done * 100.0 / _total);
                if (percent > _reported && percent < 100)
                {
                    _reported = percent;
                    target.Report(percent / 100.0);
                }
            }
        }

        public void Complete() => target?.Report(1);
    }
}
