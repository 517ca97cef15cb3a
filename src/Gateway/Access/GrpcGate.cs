using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Access;

/// <summary>
/// Stands in front of every gRPC call, before a byte of its message is read: checks the API key and, on the way out,
/// sees to it that no error goes without details.
/// </summary>
internal sealed class GrpcGate(ApiKeyAuthenticator authenticator) : IStartupFilter
{
    private const string Scheme = "Bearer ";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(InvokeAsync);
        next(app);
    };

    private async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!GrpcErrorResponse.IsGrpc(context.Request))
        {
            await next(context);
            return;
        }

        if (await RefusalAsync(context) is { } refusal)
        {
            GrpcErrorResponse.Write(context.Response, refusal);
            return;
        }

        await next(context);
        GrpcErrorResponse.AddMissingDetails(context.Response);
    }

    private async ValueTask<RpcStatus?> RefusalAsync(HttpContext context)
    {
        if (MethodScopes.For(context.Request.Path) is not { } needed)
        {
            return null;
        }

        var header = context.Request.Headers.Authorization.ToString();
        var token = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
        if (await authenticator.AuthenticateAsync(token, context.RequestAborted) is not { } granted)
        {
            return ApiError.Status(
                StatusCode.Unauthenticated,
                ErrorReason.Unauthenticated,
                token is null
                    ? "This server needs an API key: send the header 'authorization: Bearer <key>'."
                    : "The API key is unknown or revoked.");
        }

        if (MethodScopes.Allows(granted, needed))
        {
            return null;
        }

        var scope = needed.ToString().ToLowerInvariant();
        return ApiError.Status(
            StatusCode.PermissionDenied,
            ErrorReason.ScopeMissing.Name(),
            $"The API key lacks the scope {scope}.",
            metadata: new Dictionary<string, string> { ["scope"] = scope });
    }
}
