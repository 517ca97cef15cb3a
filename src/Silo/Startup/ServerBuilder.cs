using System.Net;
using FaceCluster.Gateway;
using FaceCluster.Gateway.Access;
using FaceCluster.Grains;
using FaceCluster.Membership;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Configuration;

namespace FaceCluster.Silo.Startup;

/// <summary>Composes the process: silo, grains, stores, gateway and listeners.</summary>
internal static class ServerBuilder
{
    public static WebApplication Build(
        FaceClusterServerOptions options, IPAddress address, Exposure exposure, ServerParts parts, IApiKeyStore keys)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AddLogging(builder, options);
        builder.Host.UseOrleans(silo => AddSilo(silo, options, parts.Vision is not null));
        if (parts.Vision is not null)
        {
            builder.Services.AddSingleton(parts.Vision);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.Services.AddSingleton(parts.Metadata);
        builder.Services.AddSingleton(parts.Shards);
        builder.Services.AddSingleton(keys);
        builder.Services.AddFaceClusterGrains(carriesShards: options.ParsedRoles.HasFlag(SiloRoles.Compute));
        builder.Services.AddFaceClusterGateway(gateway =>
        {
            gateway.CreateDefaultCollection = true;
            gateway.RequireApiKey = exposure == Exposure.KeysRequired;
            if (parts.VisionOptions is { } vision)
            {
                gateway.MaxPixels = vision.Images.MaxPixels;
                if (parts.Vision?.Model is { Manifest.Calibration: { } calibration } model)
                {
                    gateway.Calibrations[model.Id] = new SimilarityCalibration(calibration.Slope, calibration.Midpoint);
                }
            }
            else if (options.Inference.EmbeddingModelId is { Length: > 0 } modelId)
            {
                gateway.DefaultSettings = gateway.DefaultSettings with { ModelId = modelId };
            }

            options.ConfigureGateway?.Invoke(gateway);
        });
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, address));
        var app = builder.Build();
        if (options.ParsedRoles.HasFlag(SiloRoles.Gateway))
        {
            app.MapFaceClusterGrpc();
        }

        if (options.HttpPort is not null)
        {
            app.MapFaceClusterDiagnostics();
        }

        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder, FaceClusterServerOptions options)
    {
        builder.Logging.ClearProviders();
        if (options.ConfigureLogging is not null)
        {
            options.ConfigureLogging(builder.Logging);
            return;
        }

        // Standard output belongs to the program that hosts the server.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("FaceCluster", LogLevel.Information)

            // At its first check it takes the time since the machine was started for the time that a check took.
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }

    private static void AddSilo(ISiloBuilder silo, FaceClusterServerOptions options, bool readsPictures)
    {
        if (!readsPictures)
        {
            InferenceStart.RemoveGrain(silo);
        }

        if (!options.ParsedRoles.HasFlag(SiloRoles.Compute))
        {
            silo.Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => type.Assembly == typeof(ShardOptions).Assembly));
        }

        silo.UseMembership(options.Membership, options.SiloPort > 0 ? options.SiloPort : FreePort.Find(), options.SiloGatewayPort ?? 0);

        // With the default directory two activations of one shard overlap on a graceful restart; see docs/architecture.md.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // Shards are kept alive and have a budget of their own.
        silo.Configure<GrainCollectionOptions>(collection => collection.EnableActivationSheddingOnMemoryPressure = false);
    }

    private static void Listen(KestrelServerOptions kestrel, FaceClusterServerOptions options, IPAddress address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        if (options.ParsedRoles.HasFlag(SiloRoles.Gateway))
        {
            kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        }

        if (options.HttpPort is { } httpPort)
        {
            // HTTP/1.1 and HTTP/2 cannot share a port without TLS.
            kestrel.Listen(address, httpPort, listen => listen.Protocols = HttpProtocols.Http1);
        }
    }
}
