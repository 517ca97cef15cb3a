using Orleans.Runtime.Placement;

namespace FaceCluster.Grains.Placement;

/// <summary>Places a shard where it was told to go, else where <see cref="ShardPlan"/> says.</summary>
internal sealed class ShardPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } wanted)
        {
            return Task.FromResult(wanted);
        }

        var (collection, shard) = ShardKey.Parse(target.GrainIdentity.Key.ToString()!);

        // By endpoint, not by this life of the process: a silo that restarts gets its shards back.
        string[] names = [.. silos.Select(silo => silo.Endpoint.ToString())];
        return Task.FromResult(silos[ShardPlan.SiloOf(collection, shard, names)]);
    }
}
