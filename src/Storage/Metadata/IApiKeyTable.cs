namespace FaceCluster.Storage.Metadata;

/// <summary>One API key. The key itself is never stored.</summary>
public sealed record ApiKeyRow
{
    /// <summary>Public part of the key; the table's key.</summary>
    public required string Id { get; init; }

    /// <summary>Hash of the secret part.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>What it allows, such as read, write, admin.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>A note for people.</summary>
    public string Note { get; init; } = "";

    /// <summary>Creation time.</summary>
    public required long CreatedMicros { get; init; }

    /// <summary>When it was revoked; <see langword="null"/> while it is valid.</summary>
    public long? RevokedMicros { get; init; }
}

/// <summary>API keys.</summary>
public interface IApiKeyTable
{
    /// <summary>Adds a key.</summary>
    /// <exception cref="MetadataConflictException"><see cref="ConflictKind.AlreadyExists"/>.</exception>
    Task CreateAsync(ApiKeyRow row, CancellationToken cancellationToken = default);

    /// <summary>The key, a revoked one too; <see langword="null"/> where there is none.</summary>
    Task<ApiKeyRow?> FindAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>All keys in order of creation, revoked ones too.</summary>
    Task<IReadOnlyList<ApiKeyRow>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Revokes a key; <see langword="false"/> where there is none or it is revoked already.</summary>
    Task<bool> RevokeAsync(string id, long revokedMicros, CancellationToken cancellationToken = default);
}
