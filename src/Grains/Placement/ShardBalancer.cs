using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains.Placement;

/// <summary>
/// Evens out the shards after silos came or went or shards were split: as long as a silo has two shards of a collection more than another, one
/// moves. One silo at a time does this, the one with the lowest address; a shard that an operator moved stays until the
/// cluster changes again.
/// </summary>
internal sealed partial class ShardBalancer(
    IGrainFactory grains,
    ISiloStatusOracle status,
    IClusterManifestProvider manifests,
    ILocalSiloDetails local,
    TimeProvider time,
    ILogger<ShardBalancer> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);
    private static readonly GrainType Shard = GrainType.Create("fc.shard");
    private string _balanced = string.Empty;
    private string _seen = string.Empty;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var silos = Carriers();
                if (silos is not [var first, _, ..] || !first.Equals(local.SiloAddress))
                {
                    continue;
                }

                var state = $"{await SplitsAsync()} {string.Join(' ', silos.Select(silo => silo.ToParsableString()))}";
                var settled = state == _seen;
                _seen = state;

                // One tick later than the change, so that all silos know of it.
                if (settled && state != _balanced && await BalanceAsync(silos, stoppingToken))
                {
                    _balanced = state;
                }
            }
            catch (Exception error) when (error is not OutOfMemoryException && !stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, error);
            }
        }
    }

    /// <summary>The silos that can carry shards, in order.</summary>
    private List<SiloAddress> Carriers()
    {
        var active = status.GetApproximateSiloStatuses(onlyActive: true);
        return [.. manifests.Current.Silos
            .Where(silo => active.ContainsKey(silo.Key) && silo.Value.Grains.ContainsKey(Shard))
            .Select(silo => silo.Key)
            .Order()];
    }

    /// <summary>How many shards were split so far: their halves may lie unevenly.</summary>
    private async Task<int> SplitsAsync()
    {
        var splits = 0;
        string? after = null;
        while (await grains.GetGrain<ICatalogGrain>(0).List(after, 1000) is { Count: > 0 } collections)
        {
            splits += collections.Sum(static collection => collection.Map.Retired.Count);
            after = collections[^1].Name;
        }

        return splits;
    }

    private async Task<bool> BalanceAsync(List<SiloAddress> silos, CancellationToken cancellationToken)
    {
        string? after = null;
        while (await grains.GetGrain<ICatalogGrain>(0).List(after, 1000) is { Count: > 0 } collections)
        {
            foreach (var collection in collections)
            {
                while (await MoveOneAsync(collection, silos) is { } moved)
                {
                    if (!moved || cancellationToken.IsCancellationRequested)
                    {
                        return false;
                    }
                }
            }

            after = collections[^1].Name;
        }

        return true;
    }

    /// <summary>Moves one shard from the fullest silo to the emptiest; null where they are even, false where it did not arrive.</summary>
    private async Task<bool?> MoveOneAsync(CollectionInfo collection, List<SiloAddress> silos)
    {
        var places = await Task.WhenAll(collection.Shards.Order()
            .Select(shard => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard)).Status().AsTask()));
        var counts = silos.ToDictionary(silo => silo.ToParsableString(), _ => 0, StringComparer.Ordinal);
        foreach (var place in places)
        {
            if (!counts.TryGetValue(place.Silo, out var count))
            {
                return false;
            }

            counts[place.Silo] = count + 1;
        }

        var fullest = silos.Select(silo => silo.ToParsableString()).MaxBy(silo => counts[silo])!;
        var emptiest = silos.Select(silo => silo.ToParsableString()).MinBy(silo => counts[silo])!;
        if (counts[fullest] - counts[emptiest] < 2)
        {
            return null;
        }

        var moving = places.Last(place => place.Silo == fullest).Shard;
        var grain = grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, moving));
        LogMoving(logger, collection.Name, moving, fullest, emptiest);
        await grain.Move(emptiest);
        for (var look = 0; look < 100; look++)
        {
            if ((await grain.Status()).Silo == emptiest)
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time);
        }

        return false;
    }

    [LoggerMessage(1601, LogLevel.Information, "Shard {Collection}/{Shard} moves from {From} to {To}.")]
    private static partial void LogMoving(ILogger logger, string collection, int shard, string from, string to);

    [LoggerMessage(1602, LogLevel.Warning, "Evening out the shards failed; it is tried again.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
