using System.Collections.Concurrent;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Gateway.Server;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Collections;

/// <summary>
/// The collections as the catalog has them, remembered for a moment: the catalog is one grain, and every call needs its
/// collection. What a collection is never changes but for its map of shards: a shard that was split refuses what still comes
/// to it. The only other thing to miss for that moment is a deletion, which the shards and the forest notice themselves. For
/// the same reason a collection is still known while the catalog cannot be reached.
/// </summary>
internal sealed class CollectionDirectory(IGrainFactory grains, DefaultSettings defaults, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int Reroutings = 100;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CatalogPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReroutePause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, (CollectionInfo Info, long Taken)> _known = new(StringComparer.Ordinal);

    /// <summary>The collection; NOT_FOUND where there is none.</summary>
    public async ValueTask<CollectionInfo> GetAsync(string name)
    {
        if (_known.TryGetValue(name, out var entry) && time.GetElapsedTime(entry.Taken) < Lifetime)
        {
            return entry.Info;
        }

        if (entry.Info is null)
        {
            return await FetchAsync(name);
        }

        try
        {
            return await FetchAsync(name).WaitAsync(CatalogPatience, time);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            _known.TryUpdate(name, (entry.Info, time.GetTimestamp()), entry);
            return entry.Info;
        }
    }

    /// <summary>The collection as the catalog has it now.</summary>
    public async ValueTask<CollectionInfo> RefreshAsync(string name) => await FetchAsync(name);

    /// <summary>
    /// Makes a call that concerns shards. Where one of them was split, the whole call is repeated with the present map: no
    /// part of an answer is from another map than the rest.
    /// </summary>
    public async Task<T> RoutedAsync<T>(CollectionInfo collection, Func<CollectionInfo, Task<T>> call)
    {
        if (_known.TryGetValue(collection.Name, out var known) && known.Info.Uid == collection.Uid && known.Info.Map.Version > collection.Map.Version)
        {
            collection = known.Info;
        }

        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call(collection);
            }
            catch (DomainException exception) when (ShardRetired.Is(exception) && attempt < Reroutings)
            {
                if (attempt > 0)
                {
                    await Task.Delay(ReroutePause, time);
                }

                collection = await RefreshAsync(collection.Name);
            }
        }
    }

    /// <summary>Forgets a collection that was deleted here.</summary>
    public void Forget(string name) => _known.TryRemove(name, out _);

    private async Task<CollectionInfo> FetchAsync(string name)
    {
        CollectionInfo info;
        try
        {
            info = await grains.GetGrain<ICatalogGrain>(0).Get(name) ?? await CreateDefaultAsync(name);
        }
        catch (RpcException)
        {
            // There is none any more.
            Forget(name);
            throw;
        }

        _known[name] = (info, time.GetTimestamp());
        return info;
    }

    private async ValueTask<CollectionInfo> CreateDefaultAsync(string name)
    {
        if (name != ResourceNames.DefaultCollection || !options.Value.CreateDefaultCollection)
        {
            throw ApiError.NotFound(ErrorReason.CollectionNotFound, ResourceNames.Collection(name));
        }

        var catalog = grains.GetGrain<ICatalogGrain>(0);
        var settings = await defaults.GetAsync();
        try
        {
            return await catalog.Create(name, settings);
        }
        catch (DomainException exception) when (exception.Status == DomainStatus.AlreadyExists)
        {
            return await catalog.Get(name) ?? throw ApiError.NotFound(ErrorReason.CollectionNotFound, ResourceNames.Collection(name));
        }
    }
}
