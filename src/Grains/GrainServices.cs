using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FaceCluster.Grains;

/// <summary>Registers what the grains need. The host adds the stores (<c>IShardStoreFactory</c>, <c>IMetadataStore</c>).</summary>
public static class GrainServices
{
    /// <summary>Adds options, the compute pool and the warm-up.</summary>
    public static IServiceCollection AddFaceClusterGrains(this IServiceCollection services)
    {
        services.AddOptions<ShardOptions>();
        services.AddOptions<ComputeOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ComputePool>();
        services.TryAddSingleton<ShardWarmUp>();
        services.AddHostedService(static provider => provider.GetRequiredService<ShardWarmUp>());
        return services;
    }
}
