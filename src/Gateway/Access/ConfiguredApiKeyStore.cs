using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FaceCluster.Gateway.Access;

/// <summary>
/// Keys that stand in the configuration, for a gateway that runs alone: a list <c>Gateway:ApiKeys</c> of objects with
/// <c>Id</c>, <c>Name</c>, <c>Scopes</c> (for instance <c>Read, Write</c>) and <c>Sha256</c> (64 hexadecimal digits).
/// </summary>
public sealed class ConfiguredApiKeyStore : IApiKeyStore
{
    private readonly ApiKey[] _keys;

    /// <summary>Reads the keys once.</summary>
    /// <exception cref="InvalidOperationException">An entry is incomplete or malformed.</exception>
    public ConfiguredApiKeyStore(IConfiguration configuration)
    {
        _keys = [.. configuration.GetSection($"{GatewayOptions.Section}:ApiKeys").GetChildren().Select(Read)];
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken = default) => new(_keys);

    /// <inheritdoc/>
    public ValueTask AddAsync(ApiKey key, CancellationToken cancellationToken = default) => throw Fixed();

    /// <inheritdoc/>
    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken = default) => throw Fixed();

    private static NotSupportedException Fixed() => new($"The API keys stand in the configuration ({GatewayOptions.Section}:ApiKeys); change them there.");

    private static ApiKey Read(IConfigurationSection section)
    {
        var hash = section["Sha256"];
        if (section["Id"] is not { Length: > 0 } id
            || !Enum.TryParse<ApiScopes>(section["Scopes"], ignoreCase: true, out var scopes)
            || hash is not { Length: 64 }
            || !hash.All(char.IsAsciiHexDigit))
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"{section.Path} needs Id, Scopes (Read, Write, Admin) and Sha256 (64 hexadecimal digits)."));
        }

        return new ApiKey { Id = id, Name = section["Name"] ?? id, Scopes = scopes, Hash = Convert.FromHexString(hash), Created = DateTimeOffset.UnixEpoch };
    }
}
