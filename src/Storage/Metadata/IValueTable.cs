namespace FaceCluster.Storage.Metadata;

/// <summary>A small value.</summary>
/// <param name="Value">The bytes, at most 1 MiB.</param>
/// <param name="Version">1 for the first value of a key, one more with each change.</param>
public readonly record struct StoredValue(ReadOnlyMemory<byte> Value, long Version);

/// <summary>Small values by key, for manifests of grains.</summary>
public interface IValueTable
{
    /// <summary>Largest accepted value in bytes.</summary>
    const int MaxValueBytes = 1 << 20;

    /// <summary>The value, or <see langword="null"/>.</summary>
    Task<StoredValue?> FindAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a value and yields its version. With <paramref name="expectedVersion"/> only where that is the stored version,
    /// 0 standing for no value.
    /// </summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.Stale"/>.</exception>
    Task<long> PutAsync(string key, ReadOnlyMemory<byte> value, long? expectedVersion = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a value; <see langword="false"/> where there is none.</summary>
    Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default);
}
