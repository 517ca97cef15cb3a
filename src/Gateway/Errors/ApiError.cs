using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using static Google.Rpc.BadRequest.Types;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Errors;

/// <summary>
/// An error as the wire shows it: a code, a sentence, and details, of which the first is always an
/// <see cref="ErrorInfo"/> with a stable reason (AIP-193).
/// </summary>
internal static class ApiError
{
    /// <summary>The domain of all reasons.</summary>
    public const string Domain = "facecluster.v1";

    public static RpcStatus Status(
        StatusCode code,
        string reason,
        string message,
        IReadOnlyList<FieldViolation>? violations = null,
        TimeSpan? retryDelay = null,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = reason };
        if (metadata is not null)
        {
            foreach (var (key, value) in metadata)
            {
                info.Metadata[key] = value;
            }
        }

        var status = new RpcStatus { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
        if (violations is { Count: > 0 })
        {
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        if (retryDelay is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }));
        }

        return status;
    }

    public static RpcStatus Status(StatusCode code, ErrorReason reason, string message, TimeSpan? retryDelay = null) =>
        Status(code, reason.Name(), message, null, retryDelay);

    public static RpcStatus Field(ErrorReason reason, string field, string description, StatusCode code = StatusCode.InvalidArgument) =>
        Status(code, reason.Name(), $"{field}: {description}", [new FieldViolation { Field = field, Description = description, Reason = reason.Name() }]);

    public static RpcException Exception(StatusCode code, ErrorReason reason, string message, TimeSpan? retryDelay = null) =>
        Status(code, reason, message, retryDelay).ToRpcException();

    public static RpcException FieldException(ErrorReason reason, string field, string description) =>
        Field(reason, field, description).ToRpcException();

    public static RpcException NotFound(ErrorReason reason, string name) =>
        Status(
            StatusCode.NotFound,
            reason.Name(),
            $"{name} does not exist.",
            metadata: new Dictionary<string, string> { ["resource"] = name }).ToRpcException();
}
