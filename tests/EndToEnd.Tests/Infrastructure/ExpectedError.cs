using FaceCluster.V1;
using Google.Rpc;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>What an error has to say.</summary>
internal static class ExpectedError
{
    /// <summary>The call fails with the code and the reason; returns the status for more.</summary>
    public static async Task<Google.Rpc.Status> FailsAsync(StatusCode code, ErrorReason reason, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, exception.StatusCode);
        var status = exception.GetRpcStatus();
        Assert.NotNull(status);
        Matches(code, reason, status);
        return status;
    }

    /// <summary>The status has the code, the reason, and where it is about fields names this one.</summary>
    public static void Matches(StatusCode code, ErrorReason reason, Google.Rpc.Status? status, string? field = null)
    {
        Assert.NotNull(status);
        Assert.Equal((int)code, status.Code);
        var info = status.GetDetail<ErrorInfo>();
        Assert.NotNull(info);
        Assert.Equal("facecluster.v1", info.Domain);
        Assert.Equal(Name(reason), info.Reason);
        if (field is not null)
        {
            Assert.Contains(field, Fields(status));
        }
    }

    /// <summary>The fields that a status finds fault with.</summary>
    public static IEnumerable<string> Fields(Google.Rpc.Status status) =>
        status.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? [];

    private static string Name(ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.EnumTypes.Single().FindValueByNumber((int)reason).Name;
}
