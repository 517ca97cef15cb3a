using System.Text;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.Gateway.Collections;

/// <summary>The wire form of collections.</summary>
internal sealed class CollectionGrpcService(
    IGrainFactory grains, CollectionDirectory collections, SettingsReader settings, RevisionGate revisions, AnsweredRequests answered)
    : CollectionService.CollectionServiceBase
{
    public override async Task<Collection> CreateCollection(CreateCollectionRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        ResourceNames.CheckId(violations, "collection_id", request.CollectionId);
        SettingsReader.Check(violations, "collection.settings", request.Collection?.Settings);
        violations.ThrowIfAny();
        return await answered.RunAsync(request, request.RequestId, Collection.Parser, async () =>
        {
            var wanted = await settings.ReadAsync(request.Collection?.Settings);
            try
            {
                return ToWire(await Catalog.Create(request.CollectionId, wanted));
            }
            catch (DomainException exception) when (exception.Status == DomainStatus.AlreadyExists)
            {
                throw ApiError.Exception(
                    StatusCode.AlreadyExists, ErrorReason.CollectionExists, $"{ResourceNames.Collection(request.CollectionId)} exists already.");
            }
        }, null, context.CancellationToken);
    }

    public override async Task<Collection> GetCollection(GetCollectionRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var (faces, pending) = await CountAsync(collection);
        var wire = ToWire(collection);
        wire.FaceCount = faces;
        wire.PendingFaceCount = collection.Settings.Linking ? pending : 0;
        wire.ClusterCount = collection.Settings.Linking ? (await grains.GetGrain<IForestGrain>(collection.Name).Status()).Clusters : 0;
        return wire;
    }

    public override async Task<ListCollectionsResponse> ListCollections(ListCollectionsRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var size = Paging.Size(violations, "page_size", request.PageSize);
        violations.ThrowIfAny();
        var digest = PageToken.Digest(new ListCollectionsRequest(), Guid.Empty);
        var after = PageToken.Decode(request.PageToken, digest) is { } position ? Encoding.ASCII.GetString(position) : null;
        var page = await Catalog.List(after, size);
        return new ListCollectionsResponse
        {
            Collections = { page.Select(ToWire) },
            NextPageToken = page.Count == size ? PageToken.Encode(digest, Encoding.ASCII.GetBytes(page[^1].Name)) : string.Empty,
        };
    }

    public override async Task<DeleteCollectionResponse> DeleteCollection(DeleteCollectionRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseCollection(violations, "name", request.Name);
        violations.ThrowIfAny();
        return await answered.RunAsync(request, request.RequestId, DeleteCollectionResponse.Parser, async () =>
        {
            var collection = await Catalog.Get(name!) ?? throw ApiError.NotFound(ErrorReason.CollectionNotFound, request.Name);
            if (!request.Force && (await CountAsync(collection)).Faces is > 0 and var count)
            {
                throw ApiError.Exception(
                    StatusCode.FailedPrecondition, ErrorReason.CollectionNotEmpty, $"{request.Name} holds {count} faces; set force to delete it with them.");
            }

            collections.Forget(name!);
            return await Catalog.Delete(name!) ? new DeleteCollectionResponse() : throw ApiError.NotFound(ErrorReason.CollectionNotFound, request.Name);
        }, null, context.CancellationToken);
    }

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(0);

    private async Task<(long Faces, long Pending)> CountAsync(CollectionInfo collection)
    {
        var statuses = await collections.RoutedAsync(collection, current => Task.WhenAll(
            current.Shards.Select(shard => grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, shard)).Status().AsTask())));
        return (statuses.Sum(status => status.Faces), statuses.Sum(status => status.Unlinked));
    }

    private static Collection ToWire(CollectionInfo collection) => new()
    {
        Name = ResourceNames.Collection(collection.Name),
        Settings = SettingsReader.ToWire(collection),
        CreateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(collection.CreatedMicros * TimeSpan.TicksPerMicrosecond)),
    };
}
