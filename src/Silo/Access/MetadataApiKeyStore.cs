using FaceCluster.Gateway.Access;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Silo.Access;

/// <summary>Keeps API keys with the metadata of the data folder.</summary>
internal sealed class MetadataApiKeyStore(IMetadataStore metadata, TimeProvider time) : IApiKeyStore
{
    public async ValueTask<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await metadata.ApiKeys.ListAsync(cancellationToken)).Where(row => row.RevokedMicros is null).Select(FromRow)];

    public async ValueTask AddAsync(ApiKey key, CancellationToken cancellationToken = default) => await metadata.ApiKeys.CreateAsync(
        new ApiKeyRow
        {
            Id = key.Id,
            Hash = key.Hash,
            Scopes = [.. Enum.GetValues<ApiScopes>().Where(scope => scope != ApiScopes.None && key.Scopes.HasFlag(scope)).Select(Name)],
            Note = key.Name,
            CreatedMicros = ToMicros(key.Created),
        },
        cancellationToken);

    public async ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken = default) =>
        await metadata.ApiKeys.RevokeAsync(id, ToMicros(time.GetUtcNow()), cancellationToken);

    private static ApiKey FromRow(ApiKeyRow row) => new()
    {
        Id = row.Id,
        Name = row.Note,
        Hash = row.Hash,
        Created = DateTimeOffset.UnixEpoch.AddTicks(row.CreatedMicros * TimeSpan.TicksPerMicrosecond),

        // A scope that a later version may have written grants nothing here.
        Scopes = row.Scopes.Aggregate(ApiScopes.None, (all, name) => Enum.TryParse<ApiScopes>(name, ignoreCase: true, out var scope) ? all | scope : all),
    };

    private static string Name(ApiScopes scope) => scope.ToString().ToLowerInvariant();

    private static long ToMicros(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
