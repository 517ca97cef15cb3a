using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Faces;

/// <summary>Deletes faces from search, clusters, identities and store; the shards tell each other and the gallery.</summary>
internal sealed class FaceDeletion(IGrainFactory grains, CollectionDirectory collections)
{
    /// <summary>Deletes faces; returns how many existed.</summary>
    public async Task<int> DeleteAsync(CollectionInfo collection, IReadOnlyList<FaceId> ids)
    {
        // By slot, the part that a split leaves whole: what is repeated has deleted nothing before.
        var counts = await Task.WhenAll(ids.GroupBy(static id => id.Slot).Select(slot => collections.RoutedAsync(
            collection, current => Shard(current, current.ShardOf(slot.First())).Delete([.. slot]).AsTask())));
        return counts.Sum();
    }

    /// <summary>The revision that contains everything the collection has acknowledged by now.</summary>
    public async Task<string> RevisionAsync(CollectionInfo collection)
    {
        var statuses = await collections.RoutedAsync(
            collection, current => Task.WhenAll(current.Shards.Select(shard => Shard(current, shard).Status().AsTask())));
        return RevisionToken.Encode(collection.Uid, [.. statuses.Select(status => new ShardRevision(status.Shard, status.LastLsn))]);
    }

    private IShardGrain Shard(CollectionInfo collection, int shard) => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard));
}
