using FaceCluster.Index.Kernels;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Scanning;

/// <summary>Splits a view into blocks of tiles that workers on a given scheduler take one after the other.</summary>
internal static class ScanRunner
{
    // Small enough to balance and to notice a cancellation, large enough that taking one costs nothing.
    private const int TilesPerBlock = 32;

    // Below this many multiplications per worker, starting another one costs more than it saves.
    private const long WorkPerWorker = 8_000_000;

    /// <summary>Number of workers worth starting.</summary>
    public static int Workers(ScanScheduling scheduling, long rows, long queries, int dimension)
    {
        var useful = Math.Max(1, rows * queries * dimension / WorkPerWorker);
        return (int)Math.Min(scheduling.Degree, useful);
    }

    /// <summary>Scans the whole view, one sink per worker.</summary>
    public static Task ScanAsync<TKernel, TSink>(
        IndexView view, QueryPlan plan, TSink[] sinks, ScanScheduling scheduling, CancellationToken cancellation)
        where TKernel : struct, ITileKernel
        where TSink : class, IScanSink
    {
        if (plan.Count == 0)
        {
            return Task.CompletedTask;
        }

        var cursor = new Cursor();
        var blocksPerChunk = Math.Max(1, view.RowsPerChunk / IndexChunk.TileRows / TilesPerBlock);
        return RunAsync(sinks.Length, worker => Work(sinks[worker]), scheduling, cancellation);

        void Work(TSink sink)
        {
            var tilesPerChunk = view.RowsPerChunk / IndexChunk.TileRows;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var (chunk, block) = Math.DivRem(cursor.Take(), blocksPerChunk);
                if (chunk >= view.Chunks.Length)
                {
                    return;
                }

                var firstRow = chunk * view.RowsPerChunk;
                var rowEnd = Math.Min(view.RowsPerChunk, view.Count - firstRow);
                var rowStart = Math.Max(0, view.FirstRow - firstRow);
                var firstTile = block * TilesPerBlock;
                var endTile = Math.Min(Math.Min(firstTile + TilesPerBlock, tilesPerChunk), (rowEnd + IndexChunk.TileRows - 1) / IndexChunk.TileRows);
                if (firstTile < endTile && !view.Chunks[chunk].IsRetired && firstRow + (endTile * IndexChunk.TileRows) > view.FirstRow)
                {
                    if (rowEnd == view.RowsPerChunk)
                    {
                        view.Chunks[chunk].OnScan();
                    }

                    sink.Refresh();
                    TileScanner.Scan<TKernel, TSink>(plan, view.Chunks[chunk], firstRow, firstTile, endTile, rowStart, rowEnd, sink);
                }
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> for items 0 to <paramref name="count"/> - 1 over the workers.</summary>
    public static Task ForEachAsync(int count, int workers, Action<int> work, ScanScheduling scheduling, CancellationToken cancellation)
    {
        var cursor = new Cursor();
        return RunAsync(
            Math.Min(count, workers),
            _ =>
            {
                for (var item = cursor.Take(); item < count; item = cursor.Take())
                {
                    cancellation.ThrowIfCancellationRequested();
                    work(item);
                }
            },
            scheduling,
            cancellation);
    }

    /// <summary>
    /// Starts an operation on the scheduler, so that its preparation and its own awaits stay off the caller's turn too.
    /// Rows that are alive when it begins keep their vectors until it has ended.
    /// </summary>
    public static Task<TResult> StartAsync<TResult>(
        IndexView view, Func<Task<TResult>> operation, ScanScheduling scheduling, CancellationToken cancellation)
    {
        return scheduling.Scheduler is null
            ? Leased()
            : Task.Factory.StartNew(Leased, cancellation, TaskCreationOptions.DenyChildAttach, scheduling.Scheduler).Unwrap();

        async Task<TResult> Leased()
        {
            using var lease = view.BeginScan();
            return await operation();
        }
    }

    // Called from within StartAsync: the first worker is the current thread, which is on the scheduler already.
    private static async Task RunAsync(int workers, Action<int> work, ScanScheduling scheduling, CancellationToken cancellation)
    {
        var others = new Task[Math.Max(0, workers - 1)];
        for (var other = 0; other < others.Length; other++)
        {
            var number = other + 1;
            others[other] = Task.Factory.StartNew(
                () => work(number), cancellation, TaskCreationOptions.DenyChildAttach, scheduling.Scheduler ?? TaskScheduler.Current);
        }

        try
        {
            if (workers > 0)
            {
                work(0);
            }
        }
        finally
        {
            // Nothing of this scan may run on after its task has ended, however it ended.
            await Task.WhenAll(others);
        }
    }

    private sealed class Cursor
    {
        private int _next;

        public int Take() => Interlocked.Increment(ref _next) - 1;
    }
}
