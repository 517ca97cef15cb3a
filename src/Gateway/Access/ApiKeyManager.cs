namespace FaceCluster.Gateway.Access;

/// <summary>Makes, lists and revokes API keys; what a command line offers to the operator of a server.</summary>
public sealed class ApiKeyManager(IApiKeyStore store, TimeProvider time)
{
    private const int MaxNameLength = 100;

    /// <summary>Makes a key. The token is returned this once and stored nowhere.</summary>
    /// <exception cref="ArgumentException">The name is empty or too long, or no scope is given.</exception>
    public async ValueTask<(ApiKey Key, string Token)> CreateAsync(string name, ApiScopes scopes, CancellationToken cancellationToken = default)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            throw new ArgumentException($"The name of a key has 1 to {MaxNameLength} characters.", nameof(name));
        }

        if (scopes == ApiScopes.None || (scopes & ~(ApiScopes.Read | ApiScopes.Write | ApiScopes.Admin)) != 0)
        {
            throw new ArgumentException("A key has one or more of the scopes read, write and admin.", nameof(scopes));
        }

        var (id, token) = ApiKeyToken.Create();
        var key = new ApiKey { Id = id, Name = name, Scopes = scopes, Hash = ApiKeyToken.Hash(token), Created = time.GetUtcNow() };
        await store.AddAsync(key, cancellationToken);
        return (key, token);
    }

    /// <summary>All keys by time of creation.</summary>
    public async ValueTask<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await store.ListAsync(cancellationToken)).OrderBy(key => key.Created).ThenBy(key => key.Id, StringComparer.Ordinal)];

    /// <summary>Revokes a key; running servers refuse it within <see cref="ApiKeyAuthenticator.RefreshPeriod"/>. False where there is none.</summary>
    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken = default) => store.RevokeAsync(id, cancellationToken);
}
