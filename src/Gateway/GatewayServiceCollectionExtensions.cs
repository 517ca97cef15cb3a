using FaceCluster.Gateway.Access;
using FaceCluster.Gateway.Backups;
using FaceCluster.Gateway.Clusters;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Health;
using FaceCluster.Gateway.Identities;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Metrics;
using FaceCluster.Gateway.Operations;
using FaceCluster.Gateway.Requests;
using FaceCluster.Gateway.Server;
using FaceCluster.V1;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway;

/// <summary>Registers the gateway.</summary>
public static class GatewayServiceCollectionExtensions
{
    /// <summary>
    /// Adds what the gRPC services need. The host has to provide an Orleans client or silo, and may register an
    /// <see cref="IApiKeyStore"/> of its own before; the keys of the configuration are used otherwise.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the limits; null leaves the defaults.</param>
    public static IServiceCollection AddFaceClusterGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        var options = services.AddOptions<GatewayOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IApiKeyStore, ConfiguredApiKeyStore>();
        AddParts(services);
        AddHealth(services);
        services.AddGrpc(grpc => grpc.Interceptors.Add<ErrorInterceptor>());
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<GatewayOptions>>((grpc, gateway) =>
        {
            grpc.MaxReceiveMessageSize = gateway.Value.MaxMessageBytes;
            grpc.MaxSendMessageSize = gateway.Value.MaxResponseBytes;
            grpc.EnableDetailedErrors = false;
        });
        services.AddGrpcReflection();
        return services;
    }

    private static void AddParts(IServiceCollection services)
    {
        services.AddSingleton<ApiKeyAuthenticator>();
        services.AddSingleton<ApiKeyManager>();
        services.AddSingleton<IStartupFilter, GrpcGate>();
        services.AddSingleton<ErrorMapper>();
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<AnsweredRequests>();
        services.AddSingleton<InferenceDirectory>();
        services.AddSingleton<DefaultSettings>();
        services.AddSingleton<CollectionDirectory>();
        services.AddSingleton<SettingsReader>();
        services.AddSingleton<IngestLimits>();
        services.AddSingleton<GatewayInstruments>();
        services.AddHostedService<MetricsStart>();
        services.AddSingleton<PictureAnalyzer>();
        services.AddSingleton<BlockAppender>();
        services.AddSingleton<BlockProcessor>();
        services.AddSingleton<IngestPipeline>();
        services.AddSingleton<RevisionGate>();
        services.AddSingleton<FaceReader>();
        services.AddSingleton<QueryReader>();
        services.AddSingleton<ShardSearch>();
        services.AddSingleton<Calibration>();
        services.AddHostedService(static provider => provider.GetRequiredService<Calibration>());
        services.AddSingleton<FaceListing>();
        services.AddSingleton<FaceMatching>();
        services.AddSingleton<FaceExplanation>();
        services.AddSingleton<FaceDeletion>();
        services.AddSingleton<Erasures>();
        services.AddSingleton<BackupReading>();
        services.AddSingleton<BackupRestoring>();
        services.AddSingleton<ClusterIdentities>();
        services.AddSingleton<ClusterWatch>();
        services.AddSingleton<IdentityListing>();
        services.AddSingleton<Enrolment>();
        services.AddSingleton<Identification>();
    }

    private static void AddHealth(IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<GrainsHealthCheck>(GrainsHealthCheck.Name)
            .AddCheck<InferenceHealthCheck>(InferenceHealthCheck.Name);
        services.AddGrpcHealthChecks(health =>
        {
            // The overall status "" needs every check; pictures are not needed to read or to take embeddings.
            foreach (var service in new[]
                {
                    IngestService.Descriptor, FaceService.Descriptor, ClusterService.Descriptor,
                    IdentityService.Descriptor, CollectionService.Descriptor, ServerService.Descriptor,
                    ClusterAdminService.Descriptor, OperationService.Descriptor, BackupService.Descriptor,
                })
            {
                health.Services.Map(service.FullName, check => check.Name == GrainsHealthCheck.Name);
            }

            health.Services.Map(InferenceHealthCheck.Name, check => check.Name == InferenceHealthCheck.Name);
        });
    }
}
