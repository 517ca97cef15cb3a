using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Errors;

/// <summary>The status of a gRPC call where it lies in HTTP: in the trailers, or in the headers of an empty answer.</summary>
internal static class GrpcErrorResponse
{
    private const string StatusKey = "grpc-status";
    private const string MessageKey = "grpc-message";
    private const string DetailsKey = "grpc-status-details-bin";

    /// <summary>Whether the request is one of gRPC.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Answers a call without handing it to its method.</summary>
    public static void Write(HttpResponse response, RpcStatus status)
    {
        response.ContentType = "application/grpc";
        response.StatusCode = StatusCodes.Status200OK;
        response.Headers[StatusKey] = status.Code.ToString(CultureInfo.InvariantCulture);
        response.Headers[MessageKey] = Uri.EscapeDataString(status.Message);
        response.Headers[DetailsKey] = Convert.ToBase64String(status.ToByteArray());
    }

    /// <summary>
    /// Adds details to a status that the framework made before any interceptor ran: an oversized or broken message, an
    /// unknown method.
    /// </summary>
    public static void AddMissingDetails(HttpResponse response)
    {
        var destination = response.HasStarted
            ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : response.Headers;
        if (destination is null or { IsReadOnly: true }
            || destination.ContainsKey(DetailsKey)
            || !int.TryParse(destination[StatusKey], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            || code == (int)StatusCode.OK)
        {
            return;
        }

        var message = Uri.UnescapeDataString(destination[MessageKey].ToString());
        var status = ErrorMapper.FromBare(new Grpc.Core.Status((StatusCode)code, message));

        // UNKNOWN is what the framework makes of a message that it cannot read; the caller can do something about it.
        destination[StatusKey] = status.Code.ToString(CultureInfo.InvariantCulture);
        destination[MessageKey] = Uri.EscapeDataString(status.Message);
        destination[DetailsKey] = Convert.ToBase64String(status.ToByteArray());
    }
}
