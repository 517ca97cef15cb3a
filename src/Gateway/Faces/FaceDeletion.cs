using FaceCluster.Core;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Faces;

/// <summary>Deletes faces from search, clusters, identities and store; the shards tell each other and the gallery.</summary>
internal sealed class FaceDeletion(IGrainFactory grains)
{
    /// <summary>Deletes faces; returns how many existed.</summary>
    public async Task<int> DeleteAsync(CollectionInfo collection, IReadOnlyList<FaceId> ids)
    {
        var deleted = await Task.WhenAll(ids.GroupBy(collection.ShardOf).Select(group => Shard(collection, group.Key).Delete([.. group]).AsTask()));
        return deleted.Sum();
    }

    /// <summary>The revision that contains everything the collection has acknowledged by now.</summary>
    public async Task<string> RevisionAsync(CollectionInfo collection)
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, collection.Settings.ShardCount).Select(shard => Shard(collection, shard).Status().AsTask()));
        return RevisionToken.Encode(collection.Uid, [.. statuses.Select(status => new ShardRevision(status.Shard, status.LastLsn))]);
    }

    private IShardGrain Shard(CollectionInfo collection, int shard) => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard));
}
