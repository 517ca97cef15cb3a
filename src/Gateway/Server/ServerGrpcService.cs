using System.Reflection;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Server;

/// <summary>The wire form of what this server is and can.</summary>
internal sealed class ServerGrpcService(InferenceDirectory inference, IOptions<GatewayOptions> options) : ServerService.ServerServiceBase
{
    private static readonly string Version = typeof(ServerGrpcService).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override async Task<ServerInfo> GetServerInfo(GetServerInfoRequest request, ServerCallContext context)
    {
        var limits = options.Value;
        var info = new ServerInfo
        {
            Version = Version,
            Limits = new Limits
            {
                MaxBlockItems = limits.MaxBlockItems,
                MaxMessageBytes = limits.MaxMessageBytes,
                MaxItemBytes = limits.MaxItemBytes,
                MaxPixels = limits.MaxPixels,
                MaxFacesPerFrame = limits.MaxFacesPerFrame,
                MaxIngestStreams = limits.MaxIngestStreams,
                MaxInFlightBlocks = limits.MaxInFlightBlocks,
                MaxInFlightBytes = limits.MaxInFlightBytes,
            },
        };
        if (await inference.FindAsync() is { } status)
        {
            info.Models.Add(new Model
            {
                ModelId = status.ModelId,
                Dimension = status.Dimension,
                InferenceProvider = status.Provider,
                MagnitudeQuantiles =
                {
                    status.MagnitudeQuantiles.OrderBy(pair => pair.Key).Select(pair => new MagnitudeQuantile { Quantile = pair.Key, Magnitude = pair.Value }),
                },
            });
        }
        else if (limits.DefaultSettings.ModelId.Length > 0)
        {
            info.Models.Add(new Model { ModelId = limits.DefaultSettings.ModelId, Dimension = limits.DefaultSettings.Dimension });
        }

        return info;
    }
}
