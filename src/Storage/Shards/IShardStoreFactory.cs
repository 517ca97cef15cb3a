namespace FaceCluster.Storage;

/// <summary>Opens the shards of one data directory or database.</summary>
public interface IShardStoreFactory
{
    /// <summary>
    /// Opens a shard, creating it where it does not exist, and delivers its state. The new handle has the next epoch; the
    /// handle opened before is fenced first, and none of its writes can become durable after this call delivered the state.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="dimension">Length of an embedding, a positive multiple of 8; fixed for the life of the shard.</param>
    /// <param name="replay">Receives the state.</param>
    /// <param name="cancellationToken">Ends the replay; the earlier handle stays fenced.</param>
    /// <exception cref="ShardCorruptException">The stored bytes are damaged in a way no crash explains.</exception>
    /// <exception cref="ShardDimensionException">The shard holds embeddings of another dimension.</exception>
    /// <exception cref="ShardFencedException">Another open of the shard overtook this one.</exception>
    /// <exception cref="ShardFailedException">The medium failed.</exception>
    ValueTask<IShardStore> OpenAsync(
        ShardName shard,
        int dimension,
        IShardReplay replay,
        CancellationToken cancellationToken = default);

    /// <summary>Removes one shard with everything it holds; an open handle is fenced. An unknown shard is no error.</summary>
    ValueTask DeleteShardAsync(ShardName shard, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes all shards of a collection with everything they hold. Open handles are fenced. A collection that has none is
    /// no error.
    /// </summary>
    ValueTask DeleteCollectionAsync(string collection, CancellationToken cancellationToken = default);
}
