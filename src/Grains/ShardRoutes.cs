using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>
/// The shards of one collection as a grain knows them. What a shard that was split refuses is repeated with the present map.
/// </summary>
/// <remarks>Lives on the turn of the grain that has it.</remarks>
internal sealed class ShardRoutes(IGrainFactory grains, TimeProvider time, CollectionInfo info)
{
    private const int Attempts = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The collection as last heard.</summary>
    public CollectionInfo Info { get; private set; } = info;

    /// <summary>The shard of a number.</summary>
    public IShardGrain Shard(int number) => grains.GetGrain<IShardGrain>(ShardKey.Of(Info.Name, number));

    /// <summary>Takes over a map that is newer than the one known.</summary>
    public void Learn(CollectionInfo info)
    {
        if (info.Uid == Info.Uid && info.Map.Version > Info.Map.Version)
        {
            Info = info;
        }
    }

    /// <summary>Fetches the present map.</summary>
    /// <exception cref="DomainException">NOT_FOUND: the collection was deleted.</exception>
    public async ValueTask RefreshAsync() =>
        Learn(await grains.GetGrain<ICatalogGrain>(0).Get(Info.Name)
            ?? throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{Info.Name}'.", "collection"));

    /// <summary>Asks every shard of one map.</summary>
    public async Task<T[]> AllAsync<T>(Func<int, Task<T>> ask)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await Task.WhenAll(Info.Shards.Select(ask));
            }
            catch (DomainException error) when (ShardRetired.Is(error) && attempt < Attempts)
            {
                await AgainAsync(attempt);
            }
        }
    }

    /// <summary>Calls the shard of each face with the faces it has, one after the other.</summary>
    public async Task EachAsync(IEnumerable<FaceId> faces, int facesPerCall, Func<IShardGrain, FaceId[], Task> call)
    {
        var left = new Queue<FaceId[]>(Parts(faces, facesPerCall));
        var attempt = 0;
        while (left.TryDequeue(out var part))
        {
            try
            {
                await call(Shard(Info.ShardOf(part[0])), part);
            }
            catch (DomainException error) when (ShardRetired.Is(error) && attempt < Attempts)
            {
                await AgainAsync(attempt++);
                left = new Queue<FaceId[]>(Parts(left.SelectMany(static waiting => waiting).Concat(part), facesPerCall));
            }
        }
    }

    private IEnumerable<FaceId[]> Parts(IEnumerable<FaceId> faces, int size) => faces.GroupBy(Info.ShardOf).SelectMany(group => group.Chunk(size));

    private async Task AgainAsync(int attempt)
    {
        if (attempt > 0)
        {
            await Task.Delay(Pause, time);
        }

        await RefreshAsync();
    }
}
