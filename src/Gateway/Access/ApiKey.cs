namespace FaceCluster.Gateway.Access;

/// <summary>What an API key may do.</summary>
[Flags]
public enum ApiScopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Get, list, search, verify, identify, watch.</summary>
    Read = 1,

    /// <summary>Ingest, enrol, delete faces and identities. Does not include <see cref="Read"/>: a camera need not see anybody.</summary>
    Write = 2,

    /// <summary>Everything, including to create and delete collections.</summary>
    Admin = 4,
}

/// <summary>An API key as it is stored: everything but the key itself.</summary>
public sealed record ApiKey
{
    /// <summary>The public part of the key, 12 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>For people to read, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required ApiScopes Scopes { get; init; }

    /// <summary>SHA-256 of the whole key, 32 bytes; see <see cref="ApiKeyToken"/> for why that is enough.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }
}
