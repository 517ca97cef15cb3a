using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>
/// An identity shard: the single writer of the faces of some cameras. Key: <see cref="ShardKey"/>. It answers a block
/// after the durable commit, shows the faces to searches from then on, and links them in the background.
/// </summary>
/// <remarks>
/// All methods throw <see cref="DomainException"/> with NOT_FOUND where the collection does not exist and UNAVAILABLE
/// where the shard was fenced by a newer activation; the caller repeats. A shard that was split answers everything with
/// <see cref="ShardRetired"/>.
/// </remarks>
[Alias("fc.IShardGrain")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Stores a block and answers after the commit. Repeats are answered with the first answer.</summary>
    [Alias("Append")]
    ValueTask<BlockAnswer> Append([Immutable] IngestBlock block, CancellationToken cancellationToken = default);

    /// <summary>
    /// The answers of items that are stored already, null for the others: lets a caller skip inference for a repeat.
    /// </summary>
    [Alias("Find")]
    ValueTask<IReadOnlyList<ItemAnswer?>> Find(string camera, [Immutable] IReadOnlyList<long> sequences, [Immutable] IReadOnlyList<ulong> payloadDigests);

    /// <summary>
    /// Search over everything acknowledged before the call: exact, unless the collection's settings let a shard of this
    /// size answer approximately, which the answer then says.
    /// </summary>
    [Alias("Search")]
    ValueTask<ShardHits> Search([Immutable] ShardQuery query, CancellationToken cancellationToken = default);

    /// <summary>Compares new faces with all faces here, always exactly, applies their offers, and returns their candidates.</summary>
    [Alias("Link")]
    ValueTask<LinkAnswer> Link([Immutable] LinkRequest request, CancellationToken cancellationToken = default);

    /// <summary>Faces by id; unknown and deleted ids are left out.</summary>
    [Alias("Get")]
    ValueTask<IReadOnlyList<FaceRecord>> Get([Immutable] IReadOnlyList<FaceId> ids, bool withEmbedding = false);

    /// <summary>
    /// A page of at most 1,000 faces from a position (0 to start), ordered by camera slot and within it as they were stored:
    /// a position means the same after the shard was split, see <see cref="FacePosition"/>.
    /// </summary>
    [Alias("List")]
    ValueTask<FacePage> List(long from, int limit, string? camera = null);

    /// <summary>
    /// Deletes faces from search, clusters and store, and starts the rewrite that removes their bytes. Unknown ids are
    /// ignored. Returns how many existed. The caller then has every shard <see cref="Forget"/> them.
    /// </summary>
    [Alias("Delete")]
    ValueTask<int> Delete([Immutable] IReadOnlyList<FaceId> ids);

    /// <summary>Drops deleted faces as candidates of this shard's faces, which then look for their place again.</summary>
    [Alias("Forget")]
    ValueTask Forget([Immutable] IReadOnlyList<FaceId> deleted);

    /// <summary>Completes when everything acknowledged up to the position is clustered.</summary>
    [Alias("WaitLinked")]
    ValueTask WaitLinked(long lsn, CancellationToken cancellationToken = default);

    /// <summary>Rewrites the store without deleted faces; returns when no byte of them is left in it.</summary>
    [Alias("Compact")]
    [ResponseTimeout("00:10:00")]
    ValueTask Compact(CancellationToken cancellationToken = default);

    /// <summary>
    /// What is stored up to a position, items without faces included, while writes go on. Faces that are deleted have only
    /// their ids. Meant for one reader at a time: the store is read for each anew.
    /// </summary>
    [Alias("ReadStored")]
    IAsyncEnumerable<StoredBlock> ReadStored(long throughLsn, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores what was read from another shard, with the face ids it had; returns how many faces were new. Items that exist
    /// are left as they are. RESOURCE_EXHAUSTED as <see cref="Append"/>.
    /// </summary>
    [Alias("Restore")]
    ValueTask<int> Restore([Immutable] StoredBlock block, CancellationToken cancellationToken = default);

    /// <summary>Sends its whole forest state to the collection's forest again.</summary>
    [Alias("Resync")]
    [ResponseTimeout("00:05:00")]
    ValueTask Resync();

    /// <summary>Counters.</summary>
    [Alias("Status")]
    ValueTask<ShardStatus> Status();

    /// <summary>
    /// Has the shard close here and open on another silo. Returns when the move has begun; calls meanwhile wait for it.
    /// INVALID_ARGUMENT where the text is no silo's address.
    /// </summary>
    [Alias("Move")]
    ValueTask Move(string silo);

    /// <summary>
    /// Has the shard split itself in two of about as many faces each, while it goes on. Returns when the split is written
    /// down as begun, or is under way already; it is over when the collection's map has the halves. FAILED_PRECONDITION where
    /// one camera slot has all faces, or another shard of the collection is being split.
    /// </summary>
    [Alias("Split")]
    ValueTask Split();

    /// <summary>Deletes the shard's store; part of deleting a collection.</summary>
    [Alias("Drop")]
    ValueTask Drop();
}

/// <summary>The key of a shard: collection, slash, five-digit number.</summary>
public static class ShardKey
{
    /// <summary>Composes the key.</summary>
    public static string Of(string collection, int shard) => $"{collection}/{shard:D5}";

    /// <summary>Takes a key apart.</summary>
    public static (string Collection, int Shard) Parse(string key)
    {
        var slash = key.LastIndexOf('/');
        return (key[..slash], int.Parse(key.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}
