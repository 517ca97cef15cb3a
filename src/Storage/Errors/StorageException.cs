namespace FaceCluster.Storage;

/// <summary>The base of everything the storage layer reports apart from wrong arguments.</summary>
public abstract class StorageException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A later open took the shard; this handle is finished.</summary>
public sealed class ShardFencedException(ShardName shard, long epoch)
    : StorageException($"Shard {shard} was taken by a later owner; the handle of epoch {epoch} accepts no more writes.")
{
    /// <summary>The shard.</summary>
    public ShardName Shard { get; } = shard;

    /// <summary>Epoch of the handle that lost.</summary>
    public long Epoch { get; } = epoch;
}

/// <summary>The medium failed (full disk, read or write error). The handle refuses writes until the shard is opened again.</summary>
public sealed class ShardFailedException(ShardName shard, Exception cause)
    : StorageException($"Shard {shard} cannot be written: {cause?.Message} It must be opened again.", cause)
{
    /// <summary>The shard.</summary>
    public ShardName Shard { get; } = shard;
}

/// <summary>A compaction failed, for instance for want of space. Nothing was changed; the handle goes on.</summary>
public sealed class ShardCompactionException(ShardName shard, Exception cause)
    : StorageException($"Shard {shard} could not be compacted: {cause?.Message} Nothing was changed and writes go on.", cause)
{
    /// <summary>The shard.</summary>
    public ShardName Shard { get; } = shard;
}

/// <summary>Too many bytes wait to be committed; nothing was stored.</summary>
public sealed class ShardBusyException(ShardName shard, long pendingBytes, long limit)
    : StorageException($"Shard {shard} has {pendingBytes} bytes waiting to be committed, the limit is {limit}; try again later.")
{
    /// <summary>The shard.</summary>
    public ShardName Shard { get; } = shard;
}

/// <summary>Stored bytes are damaged in a way that no crash explains; nothing was changed.</summary>
public sealed class ShardCorruptException(string path, long offset, string detail)
    : StorageException($"'{path}' is damaged at byte {offset}: {detail} Nothing was changed; restore the file from a backup.")
{
    /// <summary>The damaged file.</summary>
    public string Path { get; } = path;

    /// <summary>Where the damage begins.</summary>
    public long Offset { get; } = offset;
}

/// <summary>The shard was created with another embedding dimension.</summary>
public sealed class ShardDimensionException(ShardName shard, int stored, int requested)
    : StorageException($"Shard {shard} holds embeddings of dimension {stored}, not {requested}.")
{
    /// <summary>Dimension of the stored embeddings.</summary>
    public int Stored { get; } = stored;

    /// <summary>Dimension asked for.</summary>
    public int Requested { get; } = requested;
}

/// <summary>A newer program wrote the file; nothing was changed.</summary>
public sealed class ShardVersionException(string path, int version, int known)
    : StorageException($"'{path}' has format version {version}; this program knows versions up to {known}. Use a newer program.");
