using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;

namespace FaceCluster.Index.Graph;

/// <summary>Builds neighbour graphs by a blocked, symmetric matrix product on 8-bit codes and exact re-scoring.</summary>
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
            () => KernelSelection.Run<Operation, Task<KnnGraph>>(kernel, operation), options.Scheduling, cancellation);
    }

    private readonly record struct Operation(IndexView View, KnnGraphOptions Options, CancellationToken Cancellation)
        : IKernelOperation<Task<KnnGraph>>
    {
        public async Task<KnnGraph> Run<TKernel>()
            where TKernel : struct, ITileKernel
        {
            var (view, options, cancellation) = (View, Options, Cancellation);
            var graph = new KnnGraph(view.Count, options.K);
            var blocksAtOnce = Math.Min(options.WorkingBytes / PairCollectors.BytesPerRow(options.K), PairCollectors.LargestRows(options.K)) / PairStripe.BlockRows;
            var rowsAtOnce = (int)Math.Max(1, blocksAtOnce) * PairStripe.BlockRows;
            var progress = new WorkProgress(view.Count, rowsAtOnce, options.Progress);
            for (var first = 0; first < view.Count; first = first > view.Count - rowsAtOnce ? view.Count : first + rowsAtOnce)
            {
                var stripe = new PairStripe(view, first, Math.Min(rowsAtOnce, view.Count - first), options);
                await ScanRunner.ForEachAsync(
                    stripe.Blocks, options.Scheduling.Degree, block => progress.Add(stripe.Scan<TKernel>(block, cancellation)), options.Scheduling, cancellation);
                await ScanRunner.ForEachAsync(
                    stripe.Blocks, options.Scheduling.Degree, block => stripe.Finish(block, graph), options.Scheduling, cancellation);
            }

            progress.Complete();
            return graph;
        }
    }

    // Reports whole per cents of the pairs.
    private sealed class WorkProgress(long rows, long rowsAtOnce, IProgress<double>? target)
    {
        private readonly double _total = Total(rows, rowsAtOnce);
        private long _done;
        private int _reported;

        public void Add(long pairs)
        {
            if (target is null)
            {
                return;
            }

            var percent = (int)(Interlocked.Add(ref _done, pairs) * 100.0 / _total);
            var before = Volatile.Read(ref _reported);
            if (percent > before && percent < 100 && Interlocked.CompareExchange(ref _reported, percent, before) == before)
            {
                target.Report(percent / 100.0);
            }
        }

        public void Complete() => target?.Report(1);

        private static double Total(double rows, double rowsAtOnce)
        {
            var whole = Math.Floor(rows / rowsAtOnce);
            var rest = rows - (whole * rowsAtOnce);
            return Math.Max(1, (rows * rows) - (((whole * rowsAtOnce * rowsAtOnce) + (rest * rest)) / 2));
        }
    }
}
