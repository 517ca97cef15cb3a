namespace FaceCluster.Grains;

/// <summary>The list of collections and the memory of answered requests. One grain, key 0.</summary>
[Alias("fc.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Creates a collection. ALREADY_EXISTS where the name is taken, INVALID_ARGUMENT where a setting is out of range,
    /// FAILED_PRECONDITION APPROXIMATE_SEARCH_UNAVAILABLE where a native index is asked for that the silo does not have.
    /// </summary>
    [Alias("Create")]
    ValueTask<CollectionInfo> Create(string name, [Immutable] CollectionSettings settings);

    /// <summary>
    /// Creates a collection like <see cref="Create"/> that is going to be filled by a restore. Unless the restore says every
    /// few seconds that it goes on (<see cref="KeepRestoring"/>) until it ends (<see cref="EndRestoring"/>), the collection is
    /// deleted again, also where silo or gateway are killed meanwhile.
    /// </summary>
    [Alias("CreateRestoring")]
    ValueTask<CollectionInfo> CreateRestoring(string name, [Immutable] CollectionSettings settings);

    /// <summary>Says that a restore goes on; false where its collection is gone.</summary>
    [Alias("KeepRestoring")]
    ValueTask<bool> KeepRestoring(string name, Guid uid);

    /// <summary>Says that a restore is complete, so that its collection stays; false where the collection is gone.</summary>
    [Alias("EndRestoring")]
    ValueTask<bool> EndRestoring(string name, Guid uid);

    /// <summary>
    /// Takes up what a dead process left undone: deletes collections whose restore was given up, has erasures go on. Every
    /// silo calls it every few seconds.
    /// </summary>
    [Alias("Tend")]
    ValueTask Tend();

    /// <summary>The collection, or null.</summary>
    [Alias("Get")]
    ValueTask<CollectionInfo?> Get(string name);

    /// <summary>At most 1,000 collections in order of name, after the given one.</summary>
    [Alias("List")]
    ValueTask<IReadOnlyList<CollectionInfo>> List(string? after, int limit);

    /// <summary>Deletes a collection with its faces and identities; false where there is none.</summary>
    [Alias("Delete")]
    [ResponseTimeout("00:05:00")]
    ValueTask<bool> Delete(string name);

    /// <summary>
    /// The answer recorded for a request id, or null. ALREADY_EXISTS where the id was used for another request.
    /// </summary>
    [Alias("FindAnswer")]
    ValueTask<ReadOnlyMemory<byte>?> FindAnswer(string requestId, string method, ulong requestDigest);

    /// <summary>Records the answer to a request id; kept for a day at least.</summary>
    [Alias("RecordAnswer")]
    ValueTask RecordAnswer(string requestId, string method, ulong requestDigest, ReadOnlyMemory<byte> answer);

    /// <summary>
    /// Writes down the intent to split a shard before the slot <paramref name="cut"/>; null where another split of the
    /// collection is under way, the shard does not live, or there are <see cref="ShardMap.MaxShards"/> shards. Called by the
    /// shard itself.
    /// </summary>
    [Alias("BeginSplit")]
    ValueTask<ShardSplit?> BeginSplit(string name, int shard, int cut);

    /// <summary>
    /// Puts the halves, filled up to the positions, in the place of the shard; from then on they have its slots. False where
    /// the attempt is not under way any more.
    /// </summary>
    [Alias("CommitSplit")]
    ValueTask<bool> CommitSplit(string name, Guid id, long leftLsn, long rightLsn);

    /// <summary>Takes the intent back; false where the attempt is not under way any more.</summary>
    [Alias("AbortSplit")]
    ValueTask<bool> AbortSplit(string name, Guid id);

    /// <summary>Notes that a store is gone: that of a shard that was split, or of a half of a split that was broken off.</summary>
    [Alias("NoteDropped")]
    ValueTask NoteDropped(string name, int shard);
}
