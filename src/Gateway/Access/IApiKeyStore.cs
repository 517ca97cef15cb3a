namespace FaceCluster.Gateway.Access;

/// <summary>Where the API keys are kept. Implementations are safe for concurrent use.</summary>
public interface IApiKeyStore
{
    /// <summary>All keys that are not revoked, in no particular order.</summary>
    ValueTask<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Adds a key durably.</summary>
    /// <exception cref="NotSupportedException">The keys are fixed by the configuration.</exception>
    ValueTask AddAsync(ApiKey key, CancellationToken cancellationToken = default);

    /// <summary>Forgets a key durably; false where there is none of that id.</summary>
    /// <exception cref="NotSupportedException">The keys are fixed by the configuration.</exception>
    ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken = default);
}
