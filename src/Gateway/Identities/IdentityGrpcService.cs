using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Operations;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Identities;

/// <summary>The wire form of identities.</summary>
internal sealed class IdentityGrpcService(
    IGrainFactory grains,
    CollectionDirectory collections,
    IdentityListing listing,
    Enrolment enrolment,
    Identification identification,
    FaceDeletion deletion,
    Erasures erasures,
    AnsweredRequests answered) : IdentityService.IdentityServiceBase
{
    public override async Task<Identity> CreateIdentity(CreateIdentityRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        IdentityFields.Check(violations, "identity", request.Identity);
        if (request.IdentityId.Length > 0)
        {
            ResourceNames.CheckId(violations, "identity_id", request.IdentityId);
        }

        var wanted = name is null ? null : Enrolment.Parse(violations, name, request.Faces, request.Cluster, required: false);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        return await answered.RunAsync(request, request.RequestId, Identity.Parser, async () =>
        {
            var ids = await enrolment.FacesAsync(collection, wanted!);
            var gallery = Gallery(collection);
            var created = await gallery.Create(
                request.IdentityId.Length > 0 ? request.IdentityId : null,
                request.Identity.DisplayName,
                new Dictionary<string, string>(request.Identity.Labels));
            return ToWire(collection.Name, await enrolment.FirstAsync(collection, created, ids));
        }, null, context.CancellationToken);
    }

    public override async Task<EnrolFacesResponse> EnrolFaces(EnrolFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseIdentity(violations, "name", request.Name);
        var wanted = name is null ? null : Enrolment.Parse(violations, name.Value.Collection, request.Faces, request.Cluster, required: true);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        return await answered.RunAsync(request, request.RequestId, EnrolFacesResponse.Parser, async () =>
        {
            var (identity, added) = await enrolment.AddAsync(
                collection, name.Value.Identity, request.Name, wanted!, request.Etag.Length > 0 ? request.Etag : null);
            return new EnrolFacesResponse { Identity = ToWire(collection.Name, identity), AddedFaces = added };
        }, null, context.CancellationToken);
    }

    public override async Task<Identity> GetIdentity(GetIdentityRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseIdentity(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        var identity = await Gallery(collection).Get(name.Value.Identity)
            ?? throw ApiError.NotFound(ErrorReason.IdentityNotFound, request.Name);
        return ToWire(collection.Name, identity);
    }

    public override Task<ListIdentitiesResponse> ListIdentities(ListIdentitiesRequest request, ServerCallContext context) =>
        listing.IdentitiesAsync(request);

    public override Task<ListIdentityFacesResponse> ListIdentityFaces(ListIdentityFacesRequest request, ServerCallContext context) =>
        listing.FacesAsync(request);

    public override async Task<DeleteIdentityResponse> DeleteIdentity(DeleteIdentityRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseIdentity(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        return await answered.RunAsync(request, request.RequestId, DeleteIdentityResponse.Parser, async () =>
        {
            var deleted = await Gallery(collection).Delete(name.Value.Identity, request.Etag.Length > 0 ? request.Etag : null)
                ?? throw ApiError.NotFound(ErrorReason.IdentityNotFound, request.Name);
            return new DeleteIdentityResponse
            {
                DeletedFaces = deleted,
                Revision = deleted > 0 ? await deletion.RevisionAsync(collection) : string.Empty,
            };
        }, null, context.CancellationToken);
    }

    public override Task<Operation> EraseIdentity(EraseIdentityRequest request, ServerCallContext context) =>
        erasures.IdentityAsync(request, context);

    public override Task<IdentifyFacesResponse> IdentifyFaces(IdentifyFacesRequest request, ServerCallContext context) =>
        identification.IdentifyAsync(request, context);

    private IGalleryGrain Gallery(CollectionInfo collection) => grains.GetGrain<IGalleryGrain>(collection.Name);

    private static Identity ToWire(string collection, IdentityInfo identity) => IdentityFields.ToWire(collection, identity);
}
