namespace FaceCluster.Storage.Metadata;

/// <summary>One collection.</summary>
public sealed record CollectionRow
{
    /// <summary>The name; the key.</summary>
    public required string Name { get; init; }

    /// <summary>Tells this life of the name from an earlier one.</summary>
    public required Guid Uid { get; init; }

    /// <summary>The embedding model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Settings as JSON; their meaning belongs to the caller.</summary>
    public required string SettingsJson { get; init; }

    /// <summary>Which shard serves which slot; the meaning belongs to the caller.</summary>
    public required string ShardMapJson { get; init; }

    /// <summary>Creation time.</summary>
    public required long CreatedMicros { get; init; }

    /// <summary>1 at creation, one more with each update.</summary>
    public long Revision { get; init; } = 1;

    /// <summary>When its deletion began; <see langword="null"/> for a living collection.</summary>
    public long? DeletedMicros { get; init; }
}

/// <summary>
/// The collections. Deletion has two steps, so that a crash between them is finished later: <see cref="MarkDeletedAsync"/>,
/// then, when the shards are gone, <see cref="PurgeAsync"/>. Until then the name is taken.
/// </summary>
public interface ICollectionTable
{
    /// <summary>Adds a collection.</summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.AlreadyExists"/>.</exception>
    Task CreateAsync(CollectionRow row, CancellationToken cancellationToken = default);

    /// <summary>The collection, one marked deleted too; <see langword="null"/> where there is none.</summary>
    Task<CollectionRow?> FindAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>At most <paramref name="limit"/> collections in ordinal order of name, after the given one, those marked deleted too.</summary>
    Task<IReadOnlyList<CollectionRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken = default);

    /// <summary>Replaces settings and shard map where the revision is still that of <paramref name="row"/>; yields the stored row.</summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.Stale"/> or <see cref="ConflictKind.NotFound"/>.</exception>
    Task<CollectionRow> UpdateAsync(CollectionRow row, CancellationToken cancellationToken = default);

    /// <summary>Marks a collection deleted; <see langword="false"/> where there is none or it is marked already.</summary>
    Task<bool> MarkDeletedAsync(string name, long deletedMicros, CancellationToken cancellationToken = default);

    /// <summary>Removes a collection marked deleted with its identities; <see langword="false"/> where there is none.</summary>
    Task<bool> PurgeAsync(string name, CancellationToken cancellationToken = default);
}
