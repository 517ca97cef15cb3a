namespace FaceCluster.Storage;

/// <summary>Another process, or this one, has the data directory open.</summary>
public sealed class DataDirectoryInUseException(string path, string? owner)
    : StorageException($"Data directory '{path}' is in use by {owner ?? "another process"}. Stop it, or choose another directory.")
{
    /// <summary>The directory.</summary>
    public string Path { get; } = path;
}

/// <summary>The data directory cannot be used as it is; the message says why.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : StorageException(message, inner);
