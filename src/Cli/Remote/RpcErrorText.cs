using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Google.Rpc;
using Grpc.Core;

namespace FaceCluster.Cli.Remote;

/// <summary>Turns an error of the server into a sentence that names the field and what to do.</summary>
public static class RpcErrorText
{
    /// <summary>The sentence of a failed call.</summary>
    public static string Describe(RpcException failure)
    {
        if (failure.StatusCode == StatusCode.Unavailable && IsConnectFailure(failure))
        {
            return "no server answers (start one with 'facecluster serve', or name its address with --server or FACECLUSTER_SERVER).";
        }

        if (failure.StatusCode == StatusCode.DeadlineExceeded)
        {
            return "the server did not answer in time (allow it longer with --timeout).";
        }

        var status = failure.GetRpcStatus();
        return status is null ? $"{failure.Status.Detail} ({failure.StatusCode})" : Describe(status);
    }

    /// <summary>Whether nobody listens at the address, as opposed to a server that says it cannot serve now.</summary>
    public static bool IsConnectFailure(RpcException failure)
    {
        for (var cause = failure.Status.DebugException ?? failure.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException or HttpRequestException)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The sentence of a status, for example of one refused item.</summary>
    public static string Describe(Google.Rpc.Status status)
    {
        var text = new StringBuilder(string.IsNullOrEmpty(status.Message) ? "the server refused the call" : status.Message.TrimEnd('.'));
        if (status.GetDetail<BadRequest>() is { } badRequest)
        {
            foreach (var violation in badRequest.FieldViolations)
            {
                // Servers often repeat the one violation as the message.
                if (!status.Message.Contains(violation.Description.TrimEnd('.'), StringComparison.Ordinal) || !status.Message.Contains(violation.Field, StringComparison.Ordinal))
                {
                    text.Append(CultureInfo.InvariantCulture, $"; {violation.Field}: {violation.Description.TrimEnd('.')}");
                }
            }
        }

        if (status.GetDetail<RetryInfo>() is { RetryDelay: { } delay })
        {
            text.Append(CultureInfo.InvariantCulture, $"; try again in {delay.ToTimeSpan().TotalSeconds:0.#} s");
        }

        var reason = ReasonOf(status);
        return reason is null ? $"{text}." : $"{text} ({reason}).";
    }

    /// <summary>The stable reason of a status (see error_reason.proto), or null where it has none.</summary>
    public static string? ReasonOf(Google.Rpc.Status? status) => status?.GetDetail<ErrorInfo>()?.Reason;

    /// <summary>How long the server asks to wait before a repeat, or null where a repeat is pointless.</summary>
    public static TimeSpan? RetryDelayOf(Google.Rpc.Status? status) => status?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
}
