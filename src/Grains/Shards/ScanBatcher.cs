using FaceCluster.Clustering;
using FaceCluster.Index;

namespace FaceCluster.Grains.Shards;

/// <summary>What a scan found for one query.</summary>
/// <param name="Hits">Best first.</param>
/// <param name="IsApproximate">Whether a better one may be missing.</param>
internal readonly record struct TopAnswer(Neighbour[] Hits, bool IsApproximate);

/// <summary>
/// The scans of one shard: on the compute pool, shared by concurrent queries. Links are always exact; searches are,
/// unless the shard has an approximate index.
/// </summary>
internal sealed class ScanBatcher
{
    private readonly ExactIndex _index;
    private readonly ApproximateSearch? _approximate;
    private readonly ScanScheduling _scheduling;
    private readonly ScanQueue<LinkQuery, LinkResult> _links;
    private readonly ScanQueue<TopQuery, TopAnswer> _tops;
    private readonly ScanQueue<TopQuery, TopAnswer> _approximateTops;

    public ScanBatcher(ExactIndex index, ApproximateSearch? approximate, double linkThreshold, ComputePool pool, ShardOptions options, TimeProvider time)
    {
        _index = index;
        _approximate = approximate;
        _scheduling = ScanScheduling.On(pool.Scheduler, pool.Threads);
        _links = new ScanQueue<LinkQuery, LinkResult>(
            queries => ExactSearch.LinkAsync(_index.Snapshot(), queries, linkThreshold, CandidateList.Capacity, _scheduling),
            options.ScanBatch,
            TimeSpan.Zero, // Links come in rounds of many faces, one after the other: nothing to wait for.
            options.MaxWaitingQueries,
            time);
        _tops = new ScanQueue<TopQuery, TopAnswer>(RunTops, options.ScanBatch, options.ScanGather, options.MaxWaitingQueries, time);
        _approximateTops = new ScanQueue<TopQuery, TopAnswer>(RunApproximateTops, options.ScanBatch, options.ScanGather, options.MaxWaitingQueries, time);
    }

    private readonly record struct TopQuery(ReadOnlyMemory<float> Unit, int Limit);

    /// <summary>Compares new faces with all faces visible now.</summary>
    public Task<LinkResult[]> Link(IReadOnlyList<LinkQuery> queries, CancellationToken cancellationToken) =>
        _links.Run(queries, cancellationToken);

    /// <summary>The most similar faces visible now; a filter or <paramref name="exact"/> has all of them compared.</summary>
    public async Task<TopAnswer[]> Top(
        IReadOnlyList<ReadOnlyMemory<float>> queries, int limit, RowFilter? filter, bool exact, CancellationToken cancellationToken)
    {
        if (filter is not null)
        {
            return Exact(await ExactSearch.TopAsync(_index.Snapshot(), queries, limit, filter, _scheduling, cancellationToken));
        }

        var queue = _approximate is null || exact ? _tops : _approximateTops;
        return await queue.Run([.. queries.Select(unit => new TopQuery(unit, limit))], cancellationToken);
    }

    private static TopAnswer[] Exact(Neighbour[][] hits) => Array.ConvertAll(hits, static found => new TopAnswer(found, IsApproximate: false));

    private async Task<TopAnswer[]> RunTops(IReadOnlyList<TopQuery> queries)
    {
        var (units, limit) = Together(queries);
        return Exact(Cut(await ExactSearch.TopAsync(_index.Snapshot(), units, limit, null, _scheduling), queries));
    }

    private async Task<TopAnswer[]> RunApproximateTops(IReadOnlyList<TopQuery> queries)
    {
        var (units, limit) = Together(queries);
        var answer = await _approximate!.Top(units, limit);
        if (answer.IsApproximate)
        {
            ShardInstruments.Approximated(queries.Count);
        }

        return Array.ConvertAll(Cut(answer.Results, queries), hits => new TopAnswer(hits, answer.IsApproximate));
    }

    private static (ReadOnlyMemory<float>[] Units, int Limit) Together(IReadOnlyList<TopQuery> queries) =>
        ([.. queries.Select(static query => query.Unit)], queries.Max(static query => query.Limit));

    private static Neighbour[][] Cut(Neighbour[][] results, IReadOnlyList<TopQuery> queries)
    {
        for (var q = 0; q < results.Length; q++)
        {
            if (results[q].Length > queries[q].Limit)
            {
                results[q] = results[q][..queries[q].Limit];
            }
        }

        return results;
    }
}
