using FaceCluster.Core;

namespace FaceCluster.Storage;

/// <summary>The durable half of one shard, held by the one grain that owns it.</summary>
/// <remarks>
/// <para>
/// <b>Atomic.</b> A write is one record: after any crash all of it is there or nothing of it. A write whose task
/// completed is durable: it survives the loss of the process and of power.
/// </para>
/// <para>
/// <b>Ordered.</b> A record gets the next log sequence number (lsn, 1, 2, 3, ... per shard) when the write is called, and
/// records become durable in that order, so a task that completed means that all earlier calls are durable too.
/// Writes may be called concurrently and need not be awaited one by one: what waits together is committed together.
/// </para>
/// <para>
/// <b>Buffers.</b> A write has copied what it was given when the call returns; the caller may reuse its buffers without
/// awaiting the task.
/// </para>
/// <para>
/// <b>Failures.</b> <see cref="ArgumentException"/>: the record breaks a stated limit; nothing was stored, the store
/// goes on. <see cref="ShardBusyException"/>: too much waits already; nothing was stored, try later.
/// <see cref="ShardFencedException"/>: a later open took the shard; the record was not stored, this handle is finished.
/// <see cref="ShardFailedException"/>: the medium failed; whether waiting records were stored is unknown, and every
/// further write fails until the shard is opened again. <see cref="ObjectDisposedException"/>: after disposal. Reads of a
/// handle that is fenced or disposed fail alike; reads of a failed one go on.
/// </para>
/// <para>
/// <b>Turns.</b> No call blocks its caller on input or output, and no continuation runs on a thread of the store.
/// Disposal waits for the writes already called.
/// </para>
/// </remarks>
public interface IShardStore : IAsyncDisposable
{
    /// <summary>The shard.</summary>
    ShardName Shard { get; }

    /// <summary>Length of an embedding.</summary>
    int Dimension { get; }

    /// <summary>Epoch of this handle: 1 for the first open of the shard, one more for each later open.</summary>
    long Epoch { get; }

    /// <summary>
    /// Stores the items of one camera; yields their lsn when durable. The embeddings' memory is the caller's again when the
    /// task ends, and is then used for something else.
    /// </summary>
    ValueTask<long> AppendAsync(ItemBlock block);

    /// <summary>Stores changed candidate lists and marks; yields the lsn when durable.</summary>
    ValueTask<long> ApplyLinksAsync(LinkUpdate update);

    /// <summary>Stores that faces are deleted; yields the lsn when durable. Faces the shard does not hold are accepted.</summary>
    ValueTask<long> DeleteAsync(Deletion deletion);

    /// <summary>
    /// Copies raw embeddings in the order of <paramref name="faces"/> into rows of <paramref name="destination"/>.
    /// Sees every durable append. A face without an embedding, unknown or deleted leaves its row untouched.
    /// </summary>
    /// <param name="faces">The faces.</param>
    /// <param name="destination">At least faces x dimension singles.</param>
    /// <param name="found">At least one flag per face: whether its row was written.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    ValueTask ReadEmbeddingsAsync(
        ReadOnlyMemory<FaceId> faces,
        Memory<float> destination,
        Memory<bool> found,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Delivers the shard as of the last durable record, while writes go on: for export, backup and checks.
    /// </summary>
    /// <returns>The lsn up to which records were delivered.</returns>
    ValueTask<long> ReplayAsync(IShardReplay replay, CancellationToken cancellationToken = default);

    /// <summary>
    /// Rewrites what is stored without deleted faces, while writes go on. When it completes, no file or row of the shard
    /// holds an embedding, box or link of a face whose deletion was durable when the call began. Safe to interrupt at any
    /// point, by crash too. One at a time: a call during a compaction waits for it and then runs its own.
    /// </summary>
    /// <exception cref="ShardCompactionException">The rewrite failed, for want of space perhaps; writes go on.</exception>
    Task CompactAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes where the shard still belongs to this handle, so that what its owner has in memory is the present state.
    /// A store whose medium other processes can open asks the medium; the others know it from the open itself.
    /// </summary>
    /// <exception cref="ShardFencedException">A later open took the shard.</exception>
    /// <exception cref="ShardFailedException">The medium cannot be asked.</exception>
    ValueTask ConfirmAsync(CancellationToken cancellationToken = default);

    /// <summary>Sizes, without input or output.</summary>
    ShardStatistics GetStatistics();
}
