namespace FaceCluster.Storage.Metadata;

/// <summary>Against what a metadata write lost.</summary>
public enum ConflictKind
{
    /// <summary>The key is taken.</summary>
    AlreadyExists,

    /// <summary>There is nothing to change.</summary>
    NotFound,

    /// <summary>It changed since it was read.</summary>
    Stale,

    /// <summary>A face belongs to another identity.</summary>
    FaceTaken,
}

/// <summary>A metadata write lost against what is stored; nothing was changed.</summary>
public sealed class MetadataConflictException(ConflictKind kind, string message) : StorageException(message)
{
    /// <summary>Against what it lost.</summary>
    public ConflictKind Kind { get; } = kind;
}

/// <summary>The metadata could not be read or written; nothing was changed.</summary>
public sealed class MetadataFailedException(string message, Exception? inner = null) : StorageException(message, inner);
