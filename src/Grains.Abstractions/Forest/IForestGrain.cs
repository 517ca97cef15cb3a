using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>
/// The forest of a collection: who is whose parent, which clusters that makes, and what changed. Key: the collection.
/// Everything here is derived from the shards and rebuilt from them.
/// </summary>
[Alias("fc.IForestGrain")]
public interface IForestGrain : IGrainWithStringKey
{
    /// <summary>Takes a shard's changes; false asks the shard for its full state.</summary>
    [Alias("Apply")]
    ValueTask<bool> Apply([Immutable] ForestChanges changes);

    /// <summary>
    /// Completes when the forest contains everything acknowledged up to the positions. Reads take the same positions
    /// and wait by themselves; a caller's deadline cancels the wait.
    /// </summary>
    [Alias("WaitFor")]
    [ResponseTimeout("00:05:00")]
    ValueTask WaitFor([Immutable] IReadOnlyList<ShardRevision> revisions, CancellationToken cancellationToken = default);

    /// <summary>The cluster that a face is in, or that a former cluster id leads to; null where there is none.</summary>
    [Alias("GetCluster")]
    ValueTask<ClusterInfo?> GetCluster(FaceId id);

    /// <summary>A page of at most 1,000 clusters, largest first.</summary>
    [Alias("ListClusters")]
    ValueTask<ClusterPage> ListClusters(ClusterCursor? after, int limit, int minSize = 1);

    /// <summary>A page of at most 1,000 members, highest rank first; null where the cluster does not exist.</summary>
    [Alias("ListMembers")]
    ValueTask<MemberPage?> ListMembers(FaceId cluster, FaceId after, int limit);

    /// <summary>The places of faces; unknown ones are left out.</summary>
    [Alias("GetMembers")]
    ValueTask<IReadOnlyList<MemberInfo>> GetMembers([Immutable] IReadOnlyList<FaceId> ids);

    /// <summary>Faces marked uncertain, in order of id, at most 1,000 after the given one.</summary>
    [Alias("ListUncertain")]
    ValueTask<IReadOnlyList<MemberInfo>> ListUncertain(FaceId after, int limit);

    /// <summary>Why a face is where it is; null where it is unknown.</summary>
    [Alias("Explain")]
    ValueTask<Explanation?> Explain(FaceId id);

    /// <summary>
    /// Events after a cursor, at most 1,000; waits up to <paramref name="wait"/> for the first one. A cursor of another
    /// epoch, or one older than the kept feed, is answered with a <see cref="ClusterEventKind.Resync"/> event followed
    /// by one <see cref="ClusterEventKind.Created"/> per present cluster.
    /// </summary>
    [Alias("Watch")]
    [ResponseTimeout("00:02:00")]
    ValueTask<ClusterEvents> Watch(Guid epoch, long afterNumber, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Counters.</summary>
    [Alias("Status")]
    ValueTask<ForestStatus> Status();

    /// <summary>Tells that the collection has another map of shards.</summary>
    [Alias("Reroute")]
    ValueTask Reroute();

    /// <summary>Forgets everything; part of deleting a collection.</summary>
    [Alias("Drop")]
    ValueTask Drop();
}
