using FaceCluster.Gateway.Admin;
using FaceCluster.Gateway.Backups;
using FaceCluster.Gateway.Clusters;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Health;
using FaceCluster.Gateway.Identities;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Operations;
using FaceCluster.Gateway.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Prometheus;

namespace FaceCluster.Gateway;

/// <summary>Maps the gateway's endpoints.</summary>
public static class GatewayEndpointExtensions
{
    /// <summary>
    /// Maps the services of <c>facecluster.v1</c>, gRPC health and, unless it is switched off, reflection. They need an
    /// HTTP/2 endpoint. API keys are checked before any of them, whatever else the host has in its pipeline.
    /// </summary>
    public static IEndpointRouteBuilder MapFaceClusterGrpc(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<IngestGrpcService>();
        endpoints.MapGrpcService<FaceGrpcService>();
        endpoints.MapGrpcService<ClusterGrpcService>();
        endpoints.MapGrpcService<IdentityGrpcService>();
        endpoints.MapGrpcService<CollectionGrpcService>();
        endpoints.MapGrpcService<ServerGrpcService>();
        endpoints.MapGrpcService<ClusterAdminGrpcService>();
        endpoints.MapGrpcService<OperationGrpcService>();
        endpoints.MapGrpcService<BackupGrpcService>();
        endpoints.MapGrpcHealthChecksService();
        if (endpoints.ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value.Reflection)
        {
            endpoints.MapGrpcReflectionService();
        }

        return endpoints;
    }

    /// <summary>
    /// Maps <c>/metrics</c> (Prometheus), <c>/livez</c> (the process is there) and <c>/readyz</c> (it can serve; says
    /// what inference runs on). They need an HTTP/1.1 endpoint, tell nothing about people, and ask for no key.
    /// </summary>
    public static IEndpointRouteBuilder MapFaceClusterDiagnostics(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMetrics();
        endpoints.MapGet("/livez", () => Results.Text("ok"));
        endpoints.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = HealthReportWriter.WriteAsync });
        return endpoints;
    }
}
