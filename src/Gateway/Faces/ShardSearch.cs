using FaceCluster.Core;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Faces;

/// <summary>Exact search over all shards of a collection: each one answers its own best, and the best of those are the best of all.</summary>
internal sealed class ShardSearch(IGrainFactory grains)
{
    /// <summary>The most that a shard returns per query.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Per query the hits by similarity, best first, equal ones by face id. The faces of the query are not among their own hits.</summary>
    public async Task<IReadOnlyList<FaceHit[]>> SearchAsync(
        CollectionInfo collection, IReadOnlyList<QueryFace> query, int limit, double minSimilarity, CancellationToken cancellationToken)
    {
        if (query.Count == 0)
        {
            return [];
        }

        var excludesItself = query.Any(face => !face.Stored.IsNone);
        var request = new ShardQuery
        {
            Embeddings = QueryReader.Join(query),
            Limit = Math.Min(MaxLimit, excludesItself ? limit + 1 : limit),
            MinSimilarity = minSimilarity,
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, collection.Settings.ShardCount).Select(shard =>
            GrainCalls.RepeatAsync(
                () => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard)).Search(request, cancellationToken),
                cancellationToken).AsTask()));
        return [.. query.Select((face, index) => Merge(answers.Select(answer => answer.Queries[index]), face.Stored, limit))];
    }

    private static FaceHit[] Merge(IEnumerable<FaceHit[]> parts, FaceId itself, int limit) =>
        [.. parts.SelectMany(part => part)
            .Where(hit => itself.IsNone || hit.Id != itself)
            .OrderByDescending(hit => hit.Similarity)
            .ThenBy(hit => hit.Id)
            .Take(limit)];
}
