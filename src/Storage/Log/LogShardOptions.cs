namespace FaceCluster.Storage.Log;

/// <summary>How shards are kept in files.</summary>
public sealed record LogShardOptions
{
    /// <summary>Threads that write and flush for all shards together, 1..64. More let more shards flush side by side.</summary>
    public int CommitThreads { get; init; } = 8;

    /// <summary>Bytes that may wait in one shard before writes are refused, at least one record's worth.</summary>
    public long MaxPendingBytes { get; init; } = 128L << 20;

    /// <summary>
    /// Bytes of link records after which a shard compacts itself, once they are also a third of everything it stores: lists
    /// replace each other, and without it a log would grow with every change. 0 for never.
    /// </summary>
    public long CompactLinkBytes { get; init; } = 64L << 20;

    internal Durability Durability { get; init; } = Durability.Default;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(CommitThreads, 1, nameof(CommitThreads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CommitThreads, 64, nameof(CommitThreads));
        ArgumentOutOfRangeException.ThrowIfNegative(CompactLinkBytes, nameof(CompactLinkBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingBytes, ShardLimits.MaxRecordBytes, nameof(MaxPendingBytes));
    }
}
