namespace FaceCluster.Grains;

/// <summary>The kind of a <see cref="DomainException"/>; the gateway maps it to a gRPC status of the same name.</summary>
public enum DomainStatus
{
    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument,

    /// <summary>The named thing does not exist.</summary>
    NotFound,

    /// <summary>The thing exists already, or the key was used for something else.</summary>
    AlreadyExists,

    /// <summary>The state of the system does not allow it now; retrying unchanged does not help.</summary>
    FailedPrecondition,

    /// <summary>A concurrent change won; read again and repeat.</summary>
    Aborted,

    /// <summary>A limit is reached; retry after a delay.</summary>
    ResourceExhausted,

    /// <summary>A part cannot be reached now; retry.</summary>
    Unavailable,
}

/// <summary>An error that a caller can act on: it says which kind, a stable reason, and which field where one is at fault.</summary>
[GenerateSerializer, Alias("fc.DomainException")]
public sealed class DomainException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="status">The kind.</param>
    /// <param name="reason">A stable UPPER_SNAKE word that programs may compare.</param>
    /// <param name="message">A sentence for people; names the limit. Never holds pictures or embeddings.</param>
    /// <param name="field">The field at fault, in the request's own terms, or null.</param>
    public DomainException(DomainStatus status, string reason, string message, string? field = null)
        : base(message)
    {
        Status = status;
        Reason = reason;
        Field = field;
    }

    /// <summary>The kind.</summary>
    [Id(0)]
    public DomainStatus Status { get; private set; }

    /// <summary>A stable UPPER_SNAKE word.</summary>
    [Id(1)]
    public string Reason { get; private set; }

    /// <summary>The field at fault, or null.</summary>
    [Id(2)]
    public string? Field { get; private set; }
}
