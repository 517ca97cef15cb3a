using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Google.Rpc.BadRequest.Types;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Errors;

/// <summary>Turns any exception into a status that a caller can act on; a defect is logged and shows only its id.</summary>
internal sealed partial class ErrorMapper(IOptions<GatewayOptions> options, ILogger<ErrorMapper> logger)
{
    /// <summary>The status of an exception that has nothing to do with the call's own cancellation.</summary>
    public RpcStatus Map(Exception exception) => exception switch
    {
        RpcException rpc => rpc.GetRpcStatus() ?? FromBare(rpc.Status),
        DomainException domain => FromDomain(domain),
        PartsUnreachableException parts => FromMissing(parts.Names),
        TimeoutException or OrleansException => Unavailable(exception),
        OperationCanceledException => ApiError.Status(StatusCode.Cancelled, ErrorReason.Cancelled, "The call was cancelled."),
        _ => Internal(exception),
    };

    /// <summary>The status of an exception that ended a call, where the deadline and the caller may be the cause.</summary>
    public RpcStatus Map(Exception exception, ServerCallContext context)
    {
        if (exception is not RpcException && context.CancellationToken.IsCancellationRequested)
        {
            return context.Deadline <= DateTime.UtcNow
                ? ApiError.Status(StatusCode.DeadlineExceeded, ErrorReason.DeadlineExceeded, "The deadline passed before the answer was there.")
                : ApiError.Status(StatusCode.Cancelled, ErrorReason.Cancelled, "The call was cancelled.");
        }

        return Map(exception);
    }

    /// <summary>The details of a status that the framework made and that carries none.</summary>
    public static RpcStatus FromBare(Grpc.Core.Status status)
    {
        if (status.StatusCode == StatusCode.Unknown)
        {
            return Malformed();
        }

        var reason = status.StatusCode switch
        {
            StatusCode.ResourceExhausted => ErrorReason.MessageTooLarge,
            StatusCode.Unimplemented => ErrorReason.Unimplemented,
            StatusCode.DeadlineExceeded => ErrorReason.DeadlineExceeded,
            StatusCode.Cancelled => ErrorReason.Cancelled,
            StatusCode.Unauthenticated => ErrorReason.Unauthenticated,
            StatusCode.Unavailable => ErrorReason.Unavailable,
            StatusCode.InvalidArgument or StatusCode.OutOfRange => ErrorReason.InvalidField,
            _ => ErrorReason.Internal,
        };
        return ApiError.Status(status.StatusCode, reason, status.Detail);
    }

    /// <summary>The error of a message that could not be read.</summary>
    public static RpcStatus Malformed() => ApiError.Status(
        StatusCode.InvalidArgument,
        ErrorReason.MalformedMessage,
        "The bytes are not a message of this method, or claim to be longer than any message can be.");

    private RpcStatus FromMissing(IReadOnlyList<string> parts) => ApiError.Status(
        StatusCode.Unavailable,
        ErrorReason.PartUnreachable.Name(),
        $"{string.Join(", ", parts)} cannot be reached now. Repeat the call; where it allows a partial answer, allow_partial gives what can be reached.",
        retryDelay: options.Value.RetryDelay,
        metadata: new Dictionary<string, string> { ["unreachable"] = string.Join(',', parts) });

    private RpcStatus FromDomain(DomainException exception)
    {
        var code = exception.Status switch
        {
            DomainStatus.InvalidArgument => StatusCode.InvalidArgument,
            DomainStatus.NotFound => StatusCode.NotFound,
            DomainStatus.AlreadyExists => StatusCode.AlreadyExists,
            DomainStatus.FailedPrecondition => StatusCode.FailedPrecondition,
            DomainStatus.Aborted => StatusCode.Aborted,
            DomainStatus.ResourceExhausted => StatusCode.ResourceExhausted,
            _ => StatusCode.Unavailable,
        };
        var retry = code is StatusCode.ResourceExhausted or StatusCode.Unavailable ? options.Value.RetryDelay : (TimeSpan?)null;
        FieldViolation[]? violations = exception.Field is null
            ? null
            : [new FieldViolation { Field = exception.Field, Description = exception.Message, Reason = exception.Reason }];
        return ApiError.Status(code, exception.Reason, exception.Message, violations, retry);
    }

    private RpcStatus Unavailable(Exception exception)
    {
        LogUnavailable(exception);
        return ApiError.Status(
            StatusCode.Unavailable,
            ErrorReason.Unavailable,
            "A part of the server cannot be reached now; whether a write took place is unknown, repeating it is safe.",
            options.Value.RetryDelay);
    }

    private RpcStatus Internal(Exception exception)
    {
        var id = Guid.NewGuid().ToString("n");
        LogDefect(id, exception);
        return ApiError.Status(
            StatusCode.Internal,
            ErrorReason.Internal.Name(),
            $"The server failed; its log has the cause under {id}.",
            metadata: new Dictionary<string, string> { ["error_id"] = id });
    }
}
