namespace FaceCluster.Storage.Metadata;

/// <summary>The answer given to a request id.</summary>
public sealed record RequestRow
{
    /// <summary>The request id; the key.</summary>
    public required string RequestId { get; init; }

    /// <summary>The method called.</summary>
    public required string Method { get; init; }

    /// <summary>Digest of the request, to tell a repeat from a reused id.</summary>
    public required ulong RequestDigest { get; init; }

    /// <summary>The answer.</summary>
    public required ReadOnlyMemory<byte> Response { get; init; }

    /// <summary>When it may be forgotten.</summary>
    public required long ExpiresMicros { get; init; }
}

/// <summary>Answers of mutations, so that a repeat of a request id gets the first answer.</summary>
public interface IRequestTable
{
    /// <summary>The recorded answer, or <see langword="null"/>.</summary>
    Task<RequestRow?> FindAsync(string requestId, CancellationToken cancellationToken = default);

    /// <summary>Records an answer where the id has none; yields the one that stands, which is the first.</summary>
    Task<RequestRow> RecordAsync(RequestRow row, CancellationToken cancellationToken = default);

    /// <summary>Forgets answers that hold these bytes, so that an erasure leaves none that names what is gone; yields how many.</summary>
    /// <param name="part">What an answer holds, at least one byte.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<int> DeleteHoldingAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken = default);

    /// <summary>Forgets answers that expired before <paramref name="nowMicros"/>; yields how many.</summary>
    Task<int> DeleteExpiredAsync(long nowMicros, CancellationToken cancellationToken = default);
}
