using FaceCluster.Core;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;

namespace FaceCluster.Index;

/// <summary>
/// Exact search over a view: the answers are those of a plain scan with <see cref="Similarity.Dot"/>, bit for bit, ties
/// broken by face id. One call reads the rows once for all its queries, so batch them.
/// </summary>
/// <remarks>
/// An 8-bit pass with a proven error bound finds the rows that may be in the answer; only those are scored. Calls return
/// at once where <see cref="ScanScheduling"/> names a scheduler; the queries' memory must stay unchanged until the task
/// completes.
/// </remarks>
public static class ExactSearch
{
    /// <summary>The best <paramref name="k"/> rows for each query, best first; fewer where fewer rows pass.</summary>
    /// <param name="view">Rows to search.</param>
    /// <param name="queries">Unit vectors of the view's dimension.</param>
    /// <param name="k">At least 1.</param>
    /// <param name="filter">Which rows may be returned; null for all.</param>
    /// <param name="scheduling">Where the work runs.</param>
    /// <param name="cancellation">Ends the scan early; the task is then cancelled.</param>
    /// <exception cref="ArgumentException">A query has another dimension or is not of unit length.</exception>
    public static Task<Neighbour[][]> TopAsync(
        IndexView view,
        IReadOnlyList<ReadOnlyMemory<float>> queries,
        int k,
        RowFilter? filter,
        ScanScheduling scheduling,
        CancellationToken cancellation = default) =>
        TopAsync(view, queries, k, filter, scheduling, KernelSelection.Best, cancellation);

    /// <summary>All rows with a similarity of at least <paramref name="minSimilarity"/> for each query, best first.</summary>
    /// <inheritdoc cref="TopAsync(IndexView, IReadOnlyList{ReadOnlyMemory{float}}, int, RowFilter?, ScanScheduling, CancellationToken)"/>
    public static Task<Neighbour[][]> RangeAsync(
        IndexView view,
        IReadOnlyList<ReadOnlyMemory<float>> queries,
        double minSimilarity,
        RowFilter? filter,
        ScanScheduling scheduling,
        CancellationToken cancellation = default) =>
        RangeAsync(view, queries, minSimilarity, filter, scheduling, KernelSelection.Best, cancellation);

    /// <summary>
    /// For each new face: the best <paramref name="listLength"/> rows of higher rank, and all rows of lower rank that may
    /// take it into their candidate list (see <see cref="ExactIndex.SetAcceptance"/>); both with a similarity strictly
    /// above <paramref name="threshold"/>. The face itself and tombstones are left out.
    /// </summary>
    /// <param name="view">Rows to search; the new faces may be among them.</param>
    /// <param name="queries">The new faces.</param>
    /// <param name="threshold">The collection's floor on an edge.</param>
    /// <param name="listLength">Length of a candidate list, at least 1.</param>
    /// <param name="scheduling">Where the work runs.</param>
    /// <param name="cancellation">Ends the scan early; the task is then cancelled.</param>
    public static Task<LinkResult[]> LinkAsync(
        IndexView view,
        IReadOnlyList<LinkQuery> queries,
        double threshold,
        int listLength,
        ScanScheduling scheduling,
        CancellationToken cancellation = default) =>
        LinkAsync(view, queries, threshold, listLength, scheduling, KernelSelection.Best, cancellation);

    internal static Task<Neighbour[][]> TopAsync(
        IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries, int k, RowFilter? filter, ScanScheduling scheduling, ScanKernel kernel, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var operation = new TopOperation(view, Checked(view, queries), k, filter, scheduling, cancellation);
        return ScanRunner.StartAsync(
            view, () => KernelSelection.Run<TopOperation, Task<Neighbour[][]>>(kernel, operation), scheduling, cancellation);
    }

    internal static Task<Neighbour[][]> RangeAsync(
        IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries, double minSimilarity, RowFilter? filter, ScanScheduling scheduling, ScanKernel kernel, CancellationToken cancellation)
    {
        Guard.NotNaN(minSimilarity, nameof(minSimilarity));
        var operation = new RangeOperation(view, Checked(view, queries), minSimilarity, filter, scheduling, cancellation);
        return ScanRunner.StartAsync(
            view, () => KernelSelection.Run<RangeOperation, Task<Neighbour[][]>>(kernel, operation), scheduling, cancellation);
    }

    internal static Task<LinkResult[]> LinkAsync(
        IndexView view, IReadOnlyList<LinkQuery> queries, double threshold, int listLength, ScanScheduling scheduling, ScanKernel kernel, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(listLength, 1);
        Guard.NotNaN(threshold, nameof(threshold));
        var units = Checked(view, [.. queries.Select(query => query.Unit)]);
        FaceRank[] ranks = [.. queries.Select(query => query.Rank)];
        var operation = new LinkOperation(view, units, ranks, threshold, listLength, scheduling, cancellation);
        return ScanRunner.StartAsync(
            view, () => KernelSelection.Run<LinkOperation, Task<LinkResult[]>>(kernel, operation), scheduling, cancellation);
    }

    private static ReadOnlyMemory<float>[] Checked(IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(queries);
        foreach (var query in queries)
        {
            Guard.Unit(query.Span, view.Dimension, nameof(queries));
        }

        return [.. queries];
    }
}
