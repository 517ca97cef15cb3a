using FaceCluster.Core;

namespace FaceCluster.Storage.Metadata;

/// <summary>A face of an identity.</summary>
/// <param name="Face">The face.</param>
/// <param name="Weight">Its magnitude, which is its weight in the template.</param>
public readonly record struct IdentityFace(FaceId Face, float Weight);

/// <summary>One identity.</summary>
public sealed record IdentityRow
{
    /// <summary>The collection; with <see cref="Id"/> the key.</summary>
    public required string Collection { get; init; }

    /// <summary>The id.</summary>
    public required string Id { get; init; }

    /// <summary>The name shown.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Creation time.</summary>
    public required long CreatedMicros { get; init; }

    /// <summary>Time of the last change.</summary>
    public required long UpdatedMicros { get; init; }

    /// <summary>Changes with every change; chosen by the caller.</summary>
    public required string Etag { get; init; }

    /// <summary>The faces, in the order of the caller.</summary>
    public IReadOnlyList<IdentityFace> Faces { get; init; } = [];

    /// <summary>Sum of the raw embeddings of the faces, little-endian singles; empty without faces.</summary>
    public ReadOnlyMemory<byte> Template { get; init; }
}

/// <summary>The identities. A face belongs to at most one identity of its collection.</summary>
public interface IIdentityTable
{
    /// <summary>Adds an identity.</summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.AlreadyExists"/> or <see cref="ConflictKind.FaceTaken"/>.</exception>
    Task CreateAsync(IdentityRow row, CancellationToken cancellationToken = default);

    /// <summary>Replaces an identity as a whole where its stored etag is <paramref name="expectedEtag"/>.</summary>
    /// <exception cref="MetadataConflictException">
    /// <see cref="ConflictKind.Stale"/>, <see cref="ConflictKind.NotFound"/> or <see cref="ConflictKind.FaceTaken"/>.
    /// </exception>
    Task UpdateAsync(IdentityRow row, string expectedEtag, CancellationToken cancellationToken = default);

    /// <summary>The identity, or <see langword="null"/>.</summary>
    Task<IdentityRow?> FindAsync(string collection, string id, CancellationToken cancellationToken = default);

    /// <summary>At most <paramref name="limit"/> identities of a collection in ordinal order of id, after the given one.</summary>
    Task<IReadOnlyList<IdentityRow>> ListAsync(string collection, string? after, int limit, CancellationToken cancellationToken = default);

    /// <summary>The identity of each face that has one.</summary>
    Task<IReadOnlyDictionary<FaceId, string>> FindByFacesAsync(
        string collection, IReadOnlyList<FaceId> faces, CancellationToken cancellationToken = default);

    /// <summary>Removes an identity; <see langword="false"/> where there is none.</summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.Stale"/>: an etag was given and is not the stored one.</exception>
    Task<bool> DeleteAsync(string collection, string id, string? expectedEtag = null, CancellationToken cancellationToken = default);

    /// <summary>Removes all identities of a collection; yields how many there were.</summary>
    Task<int> DeleteAllAsync(string collection, CancellationToken cancellationToken = default);
}
