using FaceCluster.Grains.Catalog;
using FaceCluster.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FaceCluster.Grains;

/// <summary>Registers what the grains need. The host adds the stores (<c>IShardStoreFactory</c>, <c>IMetadataStore</c>).</summary>
public static class GrainServices
{
    /// <summary>Adds options, the compute pool, the warm-up and what spreads shards over silos.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="carriesShards">Whether the silo has the grains at all; without, it only knows where they may be.</param>
    public static IServiceCollection AddFaceClusterGrains(this IServiceCollection services, bool carriesShards = true)
    {
        services.AddOptions<ShardOptions>();
        services.AddOptions<ComputeOptions>();
        services.AddOptions<CatalogOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ComputePool>();
        services.TryAddSingleton<ShardWarmUp>();
        services.AddHostedService(static provider => provider.GetRequiredService<ShardWarmUp>());
        if (carriesShards)
        {
            services.AddHostedService<ShardBalancer>();
            services.AddHostedService<Housekeeping>();
        }

        services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        return services;
    }
}
