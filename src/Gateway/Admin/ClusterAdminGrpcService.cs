using System.Globalization;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Admin;

/// <summary>The wire form of silos and shards.</summary>
internal sealed class ClusterAdminGrpcService(IGrainFactory grains, CollectionDirectory collections, TimeProvider time)
    : ClusterAdminService.ClusterAdminServiceBase
{
    private static readonly TimeSpan ShardPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MovePatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SplitLook = TimeSpan.FromMilliseconds(100);

    public override async Task<ListSilosResponse> ListSilos(ListSilosRequest request, ServerCallContext context) => new()
    {
        Silos = { (await SilosAsync()).OrderBy(silo => silo.Value, StringComparer.Ordinal).Select(silo => new Silo { Name = silo.Value, Address = silo.Key }) },
    };

    public override async Task<ListShardsResponse> ListShards(ListShardsRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var silos = await SilosAsync();
        var (map, shards) = await collections.RoutedAsync(collection, async current => (current.Map, await Task.WhenAll(current.Shards.Order().Select(async shard =>
        {
            try
            {
                return (Shard: shard, Status: await Grain(current.Name, shard).Status().AsTask().WaitAsync(ShardPatience, time, context.CancellationToken));
            }
            catch (Exception error) when (error is TimeoutException or OrleansException or DomainException { Status: DomainStatus.Unavailable } && !ShardRetired.Is(error))
            {
                return (Shard: shard, Status: (ShardStatus?)null);
            }
        }))));
        return new ListShardsResponse
        {
            Shards = { shards.Where(shard => shard.Status is not null).Select(shard => ToWire(collection.Name, map, shard.Status!, silos)) },
            Unreachable = { shards.Where(shard => shard.Status is null).Select(shard => shard.Shard) },
        };
    }

    public override async Task<Shard> MoveShard(MoveShardRequest request, ServerCallContext context)
    {
        var (collection, shard) = await ShardAsync(request.Name);
        if (collection.Map.FindRetired(shard) is { } retired)
        {
            throw ApiError.FieldException(ErrorReason.InvalidField, "name", $"Shard {shard} was split into {retired.Left} and {retired.Right}.");
        }

        var silos = await SilosAsync();
        var target = silos.FirstOrDefault(silo => silo.Value == request.Silo || silo.Key == request.Silo).Key
            ?? throw ApiError.FieldException(
                ErrorReason.InvalidField, "silo", $"'{request.Silo}' is none of the silos that are alive: {string.Join(", ", silos.Values.Order(StringComparer.Ordinal))}.");
        var grain = Grain(collection.Name, shard);
        var started = time.GetTimestamp();
        while (true)
        {
            var status = await GrainCalls.RepeatAsync(() => grain.Status(), context.CancellationToken);
            if (status.Silo == target)
            {
                return ToWire(collection.Name, collection.Map, status, silos);
            }

            if (time.GetElapsedTime(started) > MovePatience)
            {
                throw ApiError.Exception(
                    StatusCode.FailedPrecondition, ErrorReason.Unavailable, $"The shard stays on {silos.GetValueOrDefault(status.Silo, status.Silo)}: {request.Silo} does not take it.");
            }

            await grain.Move(target);
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, context.CancellationToken);
        }
    }

    public override async Task<SplitShardResponse> SplitShard(SplitShardRequest request, ServerCallContext context)
    {
        var (collection, shard) = await ShardAsync(request.Name);
        while (collection.Map.FindRetired(shard) is null)
        {
            try
            {
                // Goes on where it was interrupted: a shard that was opened elsewhere meanwhile begins again.
                await GrainCalls.RepeatAsync(
                    async () =>
                    {
                        await Grain(collection.Name, shard).Split();
                        return true;
                    },
                    context.CancellationToken);
            }
            catch (DomainException exception) when (ShardRetired.Is(exception))
            {
            }

            await Task.Delay(SplitLook, time, context.CancellationToken);
            collection = await collections.RefreshAsync(collection.Name);
        }

        var silos = await SilosAsync();
        var map = collection.Map;
        var halves = map.Expand(new ShardRevision(shard, 0)).Select(half => half.Shard).ToArray();
        var statuses = await Task.WhenAll(halves.Select(half => GrainCalls.RepeatAsync(() => Grain(collection.Name, half).Status(), context.CancellationToken).AsTask()));
        return new SplitShardResponse { Shards = { statuses.Select(status => ToWire(collection.Name, map, status, silos)) } };
    }

    /// <summary>A shard that lives or was split.</summary>
    private async Task<(CollectionInfo Collection, int Shard)> ShardAsync(string name)
    {
        if (name.Split('/') is not ["collections", var id, "shards", var text]
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var shard))
        {
            throw ApiError.FieldException(ErrorReason.InvalidField, "name", "is not of the form collections/{collection}/shards/{number}.");
        }

        var collection = await collections.RefreshAsync(id);
        return collection.Map.Find(shard) is not null || collection.Map.FindRetired(shard) is not null
            ? (collection, shard)
            : throw ApiError.FieldException(
                ErrorReason.InvalidField, "name", $"The collection has the shards {string.Join(", ", collection.Shards.Order())}; there is no {shard}.");
    }

    private static Shard ToWire(string collection, ShardMap map, ShardStatus status, Dictionary<string, string> silos) => new()
    {
        FirstSlot = map.Find(status.Shard)?.FirstSlot ?? 0,
        EndSlot = map.Find(status.Shard)?.EndSlot ?? 0,
        Splitting = status.Splitting,
        Name = $"{ResourceNames.Collection(collection)}/shards/{status.Shard}",
        Silo = silos.GetValueOrDefault(status.Silo, status.Silo),
        FaceCount = status.Faces,
        PendingFaceCount = status.Unlinked,
        Epoch = status.Epoch,
        MemoryBytes = status.MemoryBytes,
    };

    private IShardGrain Grain(string collection, int shard) => grains.GetGrain<IShardGrain>(ShardKey.Of(collection, shard));

    /// <summary>Names of the living silos by address.</summary>
    private async Task<Dictionary<string, string>> SilosAsync() =>
        (await grains.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: true))
            .ToDictionary(silo => silo.SiloAddress.ToParsableString(), silo => silo.SiloName, StringComparer.Ordinal);
}
