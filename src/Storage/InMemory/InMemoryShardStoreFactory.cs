namespace FaceCluster.Storage.InMemory;

/// <summary>
/// Shards that live as long as the factory, for tests: a store opened again finds what earlier handles wrote. It keeps
/// the contract of the durable stores, fencing included.
/// </summary>
/// <param name="beforeCommit">
/// Awaited before each record becomes durable, to hold or fail commits: what it throws fails the handle as a broken disk
/// would.
/// </param>
public sealed class InMemoryShardStoreFactory(Func<ShardName, ValueTask>? beforeCommit = null) : IShardStoreFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ShardName, InMemoryShard> _shards = [];

    /// <summary>The shards that have a store.</summary>
    public IReadOnlyList<ShardName> Shards
    {
        get
        {
            lock (_lock)
            {
                return [.. _shards.Keys];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IShardStore> OpenAsync(
        ShardName shard, int dimension, IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ShardLimits.CheckDimension(dimension);
        InMemoryShard? state;
        lock (_lock)
        {
            if (!_shards.TryGetValue(shard, out state))
            {
                _shards.Add(shard, state = new InMemoryShard(shard, dimension));
            }
        }

        if (state.Dimension != dimension)
        {
            throw new ShardDimensionException(shard, state.Dimension, dimension);
        }

        var store = new InMemoryShardStore(state, state.TakeOwnership(), beforeCommit);
        await store.ReplayAsync(replay, cancellationToken).ConfigureAwait(false);
        return store;
    }

    /// <inheritdoc/>
    public ValueTask DeleteShardAsync(ShardName shard, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_shards.Remove(shard, out var state))
            {
                state.TakeOwnership();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteCollectionAsync(string collection, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            foreach (var key in _shards.Keys.Where(key => key.Collection == collection).ToArray())
            {
                _shards.Remove(key, out var state);
                state!.TakeOwnership();
            }
        }

        return ValueTask.CompletedTask;
    }
}
