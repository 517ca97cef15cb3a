namespace FaceCluster.Storage.Metadata;

/// <summary>
/// Everything durable that is small: collections, identities, answered requests, API keys and manifests of grains.
/// </summary>
/// <remarks>
/// A write whose task completed is durable and seen by every later read. Each call is one transaction. No call blocks its
/// caller. Times are microseconds since 1970-01-01 UTC. <see cref="MetadataConflictException"/>: the write lost against
/// what is stored; nothing was changed. <see cref="MetadataFailedException"/>: the medium failed; nothing was changed.
/// A cancelled write may still have been stored.
/// </remarks>
public interface IMetadataStore : IAsyncDisposable
{
    /// <summary>The collections.</summary>
    ICollectionTable Collections { get; }

    /// <summary>The identities of all collections.</summary>
    IIdentityTable Identities { get; }

    /// <summary>Answers of mutations, by request id.</summary>
    IRequestTable Requests { get; }

    /// <summary>API keys.</summary>
    IApiKeyTable ApiKeys { get; }

    /// <summary>Small values of grains.</summary>
    IValueTable Values { get; }

    /// <summary>
    /// Rewrites the store so that no byte of a deleted row is left in any of its files. Takes time in proportion to what is
    /// stored; writes wait meanwhile.
    /// </summary>
    Task ScrubAsync(CancellationToken cancellationToken = default);
}
