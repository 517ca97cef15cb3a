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
        var shards = await Task.WhenAll(Enumerable.Range(0, collection.Settings.ShardCount).Select(async shard =>
        {
            try
            {
                return await Grain(collection.Name, shard).Status().AsTask().WaitAsync(ShardPatience, time, context.CancellationToken);
            }
            catch (Exception error) when (error is TimeoutException or OrleansException or DomainException { Status: DomainStatus.Unavailable })
            {
                return null;
            }
        }));
        return new ListShardsResponse
        {
            Shards = { shards.OfType<ShardStatus>().Select(shard => ToWire(collection.Name, shard, silos)) },
            Unreachable = { Enumerable.Range(0, shards.Length).Where(shard => shards[shard] is null) },
        };
    }

    public override async Task<Shard> MoveShard(MoveShardRequest request, ServerCallContext context)
    {
        if (request.Name.Split('/') is not ["collections", var id, "shards", var text]
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var shard))
        {
            throw ApiError.FieldException(ErrorReason.InvalidField, "name", "is not of the form collections/{collection}/shards/{number}.");
        }

        var collection = await collections.GetAsync(id);
        if (shard >= collection.Settings.ShardCount)
        {
            throw ApiError.FieldException(
                ErrorReason.InvalidField, "name", $"The collection has the shards 0 to {collection.Settings.ShardCount - 1}; there is no {shard}.");
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
                return ToWire(collection.Name, status, silos);
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

    private static Shard ToWire(string collection, ShardStatus status, Dictionary<string, string> silos) => new()
    {
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
