using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Faces;

/// <summary>What the shards of a collection found.</summary>
/// <param name="Hits">Per query by similarity, best first, equal ones by face id.</param>
/// <param name="IsApproximate">Whether a shard searched approximately, so that better hits may be missing.</param>
internal sealed record ShardSearchAnswer(IReadOnlyList<FaceHit[]> Hits, bool IsApproximate);

/// <summary>Search over all shards of a collection: each one answers its own best, and the best of those are the best of all.</summary>
internal sealed class ShardSearch(IGrainFactory grains, CollectionDirectory collections)
{
    /// <summary>The most that a shard returns per query.</summary>
    public const int MaxLimit = 1000;

    /// <summary>The faces of the query are not among their own hits.</summary>
    public async Task<ShardSearchAnswer> SearchAsync(
        CollectionInfo collection,
        IReadOnlyList<QueryFace> query,
        int limit,
        double minSimilarity,
        bool exact,
        Completeness completeness,
        CancellationToken cancellationToken)
    {
        if (query.Count == 0)
        {
            return new ShardSearchAnswer([], IsApproximate: false);
        }

        var excludesItself = query.Any(face => !face.Stored.IsNone);
        var request = new ShardQuery
        {
            Embeddings = QueryReader.Join(query),
            Limit = Math.Min(MaxLimit, excludesItself ? limit + 1 : limit),
            MinSimilarity = minSimilarity,
            Exact = exact,
        };
        var nothing = new ShardHits { Queries = [.. query.Select(static _ => Array.Empty<FaceHit>())] };
        var answers = await collections.RoutedAsync(collection, current => Task.WhenAll(current.Shards.Select(shard => completeness.ShardAsync(
            shard,
            token => grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, shard)).Search(request, token),
            nothing,
            cancellationToken))));
        return new ShardSearchAnswer(
            [.. query.Select((face, index) => Merge(answers.Select(answer => answer.Queries[index]), face.Stored, limit))],
            answers.Any(answer => answer.IsApproximate));
    }

    private static FaceHit[] Merge(IEnumerable<FaceHit[]> parts, FaceId itself, int limit) =>
        [.. parts.SelectMany(part => part)
            .Where(hit => itself.IsNone || hit.Id != itself)
            .OrderByDescending(hit => hit.Similarity)
            .ThenBy(hit => hit.Id)
            .Take(limit)];
}
