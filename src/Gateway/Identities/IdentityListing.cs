using System.Buffers.Binary;
using System.Text;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;

namespace FaceCluster.Gateway.Identities;

/// <summary>Pages through identities, and through the faces of one.</summary>
internal sealed class IdentityListing(IGrainFactory grains, CollectionDirectory collections)
{
    public async Task<ListIdentitiesResponse> IdentitiesAsync(ListIdentitiesRequest request)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var digest = PageToken.Digest(new ListIdentitiesRequest(request) { PageSize = 0, PageToken = string.Empty }, collection.Uid);
        var after = PageToken.Decode(request.PageToken, digest) is { } position ? Encoding.ASCII.GetString(position) : null;
        var page = await grains.GetGrain<IGalleryGrain>(collection.Name).List(after, size);
        return new ListIdentitiesResponse
        {
            Identities = { page.Select(identity => IdentityFields.ToWire(collection.Name, identity)) },
            NextPageToken = page.Count == size ? PageToken.Encode(digest, Encoding.ASCII.GetBytes(page[^1].Id)) : string.Empty,
        };
    }

    public async Task<ListIdentityFacesResponse> FacesAsync(ListIdentityFacesRequest request)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseIdentity(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        var identity = await grains.GetGrain<IGalleryGrain>(collection.Name).Get(name.Value.Identity)
            ?? throw ApiError.NotFound(ErrorReason.IdentityNotFound, request.Parent);

        // The etag is part of the query: a token does not survive a change of the faces, so a position is enough.
        var digest = PageToken.Digest(new ListIdentityFacesRequest(request) { PageSize = 0, PageToken = identity.Etag }, collection.Uid);
        var from = PageToken.Decode(request.PageToken, digest, sizeof(int)) is { } position ? BinaryPrimitives.ReadInt32LittleEndian(position) : 0;
        from = Math.Clamp(from, 0, identity.Faces.Count);
        var next = Math.Min(identity.Faces.Count, from + size);
        var response = new ListIdentityFacesResponse();
        for (var i = from; i < next; i++)
        {
            response.Faces.Add(ResourceNames.Face(collection.Name, identity.Faces[i]));
        }

        if (next < identity.Faces.Count)
        {
            var bytes = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, next);
            response.NextPageToken = PageToken.Encode(digest, bytes);
        }

        return response;
    }
}
