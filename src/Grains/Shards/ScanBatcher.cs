using FaceCluster.Clustering;
using FaceCluster.Index;

namespace FaceCluster.Grains.Shards;

/// <summary>The scans of one shard: on the compute pool, shared by concurrent queries.</summary>
internal sealed class ScanBatcher
{
    private readonly ExactIndex _index;
    private readonly ScanScheduling _scheduling;
    private readonly ScanQueue<LinkQuery, LinkResult> _links;
    private readonly ScanQueue<TopQuery, Neighbour[]> _tops;

    public ScanBatcher(ExactIndex index, double linkThreshold, ComputePool pool, ShardOptions options)
    {
        _index = index;
        _scheduling = ScanScheduling.On(pool.Scheduler, pool.Threads);
        _links = new ScanQueue<LinkQuery, LinkResult>(
            queries => ExactSearch.LinkAsync(_index.Snapshot(), queries, linkThreshold, CandidateList.Capacity, _scheduling),
            options.ScanBatch,
            options.MaxWaitingQueries);
        _tops = new ScanQueue<TopQuery, Neighbour[]>(RunTops, options.ScanBatch, options.MaxWaitingQueries);
    }

    private readonly record struct TopQuery(ReadOnlyMemory<float> Unit, int Limit);

    /// <summary>Compares new faces with all faces visible now.</summary>
    public Task<LinkResult[]> Link(IReadOnlyList<LinkQuery> queries, CancellationToken cancellationToken) =>
        _links.Run(queries, cancellationToken);

    /// <summary>The most similar faces visible now.</summary>
    public Task<Neighbour[][]> Top(IReadOnlyList<ReadOnlyMemory<float>> queries, int limit, RowFilter? filter, CancellationToken cancellationToken) =>
        filter is null
            ? _tops.Run([.. queries.Select(unit => new TopQuery(unit, limit))], cancellationToken)
            : ExactSearch.TopAsync(_index.Snapshot(), queries, limit, filter, _scheduling, cancellationToken);

    private async Task<Neighbour[][]> RunTops(IReadOnlyList<TopQuery> queries)
    {
        var limit = queries.Max(static query => query.Limit);
        var results = await ExactSearch.TopAsync(_index.Snapshot(), [.. queries.Select(static query => query.Unit)], limit, null, _scheduling);
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
