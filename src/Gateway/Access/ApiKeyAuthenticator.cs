using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Access;

/// <summary>
/// Decides who may call. Keys are needed as soon as one exists, or where the options demand it; then nobody gets in
/// without, loopback included.
/// </summary>
public sealed class ApiKeyAuthenticator(IApiKeyStore store, IOptions<GatewayOptions> options, TimeProvider time) : IDisposable
{
    /// <summary>How long a new or a revoked key may go unnoticed.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(2);

    // Compared with where the id is unknown, so that an unknown id takes as long as a wrong secret.
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private volatile Snapshot? _snapshot;

    /// <summary>The scopes of a caller: those of its key, all where no key is needed, null where it has no valid key.</summary>
    /// <param name="token">The bearer token, or null where the call carries none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ApiScopes?> AuthenticateAsync(string? token, CancellationToken cancellationToken)
    {
        var snapshot = await CurrentAsync(cancellationToken);
        if (snapshot.Keys.Count == 0 && !options.Value.RequireApiKey)
        {
            return ApiScopes.Admin;
        }

        if (token is null || ApiKeyToken.IdOf(token) is not { } id)
        {
            return null;
        }

        var known = snapshot.Keys.TryGetValue(id, out var key);
        var equal = CryptographicOperations.FixedTimeEquals(ApiKeyToken.Hash(token), known ? key!.Hash.Span : NoHash);
        return known && equal ? key!.Scopes : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _refreshing.Dispose();

    private async ValueTask<Snapshot> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_snapshot is { } fresh && time.GetElapsedTime(fresh.Taken) < RefreshPeriod)
        {
            return fresh;
        }

        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            if (_snapshot is { } meanwhile && time.GetElapsedTime(meanwhile.Taken) < RefreshPeriod)
            {
                return meanwhile;
            }

            var keys = await store.ListAsync(cancellationToken);
            return _snapshot = new Snapshot(keys.ToDictionary(key => key.Id, StringComparer.Ordinal), time.GetTimestamp());
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private sealed record Snapshot(Dictionary<string, ApiKey> Keys, long Taken);
}
