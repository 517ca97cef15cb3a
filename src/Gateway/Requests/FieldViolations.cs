using System.Text;
using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Grpc.Core;
using static Google.Rpc.BadRequest.Types;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Requests;

/// <summary>Collects everything that is wrong with a request, so that the caller sees all of it at once.</summary>
internal sealed class FieldViolations
{
    private readonly List<FieldViolation> _violations = [];
    private ErrorReason _reason;

    public bool Any => _violations.Count > 0;

    /// <summary>Adds a fault; the first one gives the whole error its reason.</summary>
    public FieldViolations Add(string field, string description, ErrorReason reason = ErrorReason.InvalidField)
    {
        if (!Any)
        {
            _reason = reason;
        }

        _violations.Add(new FieldViolation { Field = field, Description = description, Reason = reason.Name() });
        return this;
    }

    public FieldViolations Range<T>(string field, T value, T minimum, T maximum)
        where T : IComparable<T>
    {
        // CompareTo orders NaN below every number, so it is out of every range.
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
        {
            Add(field, FormattableString.Invariant($"is {value}; {minimum} to {maximum} is allowed."));
        }

        return this;
    }

    public FieldViolations NotNegative(string field, long value)
    {
        if (value < 0)
        {
            Add(field, FormattableString.Invariant($"is {value}; it must not be negative."));
        }

        return this;
    }

    public FieldViolations MaxBytes(string field, string value, int maximum)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        if (bytes > maximum)
        {
            Add(field, $"has {bytes} bytes; at most {maximum} are allowed.");
        }

        return this;
    }

    public FieldViolations RequestId(string value)
    {
        if (value.Length > 0 && !Guid.TryParseExact(value, "D", out _))
        {
            Add("request_id", "is not a UUID of the form 01234567-89ab-cdef-0123-456789abcdef.");
        }

        return this;
    }

    public RpcStatus ToStatus() => ApiError.Status(
        StatusCode.InvalidArgument,
        _reason.Name(),
        string.Join(' ', _violations.Select(violation => $"{violation.Field} {violation.Description}")),
        _violations);

    public void ThrowIfAny()
    {
        if (Any)
        {
            throw ToStatus().ToRpcException();
        }
    }
}
