namespace FaceCluster.Storage;

/// <summary>
/// Receives the state of a shard: the snapshot, then the log, as the same records that were written.
/// </summary>
/// <remarks>
/// <para>
/// Calls come one at a time, in order, on a thread of the store's choice and never on the scheduler of the caller. The
/// log sequence number never decreases. An exception thrown here ends the replay and reaches its caller.
/// </para>
/// <para>
/// <see cref="ItemBlock.Embeddings"/> lies in a buffer of the store and is valid only during the call; copy it.
/// Everything else may be kept.
/// </para>
/// <para>
/// A compacted shard tells of deleted faces by <see cref="FaceState.Deleted"/>; one not yet compacted delivers the face
/// as it was appended and its <see cref="Deletion"/> later. CandidateEntry lists come as last written even where a candidate
/// is deleted by now: whoever replays makes those faces pending again.
/// </para>
/// </remarks>
public interface IShardReplay
{
    /// <summary>Items of one camera.</summary>
    void OnAppend(long lsn, ItemBlock block);

    /// <summary>CandidateEntry lists and marks.</summary>
    void OnLinks(long lsn, LinkUpdate update);

    /// <summary>Deleted faces.</summary>
    void OnDelete(long lsn, Deletion deletion);
}
