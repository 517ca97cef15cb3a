using FaceCluster.Core;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Identities;

/// <summary>Adds faces to identities: single ones, or those of a cluster as it is now.</summary>
internal sealed class Enrolment(IGrainFactory grains, IOptions<GatewayOptions> options)
{
    private const int MaxFacesPerCall = 1000;
    private const int PageSize = 1000;

    /// <summary>What a request wants to enrol.</summary>
    public sealed record Wanted(IReadOnlyList<FaceId> Faces, FaceId Cluster, string ClusterName);

    public static Wanted? Parse(FieldViolations violations, string collection, IReadOnlyList<string> faces, string cluster, bool required)
    {
        if (faces.Count > 0 && cluster.Length > 0)
        {
            violations.Add("cluster", "and faces cannot both be given.");
        }
        else if (required && faces.Count == 0 && cluster.Length == 0)
        {
            violations.Add("faces", "is missing; faces or a cluster are needed.");
        }

        violations.Range("faces", faces.Count, 0, MaxFacesPerCall);
        var ids = new List<FaceId>();
        for (var i = 0; i < Math.Min(faces.Count, MaxFacesPerCall); i++)
        {
            if (ResourceNames.ParseFace(violations, $"faces[{i}]", faces[i]) is { } face && InCollection(violations, $"faces[{i}]", face.Collection, collection))
            {
                ids.Add(face.Face);
            }
        }

        var clusterId = FaceId.None;
        if (cluster.Length > 0
            && ResourceNames.ParseCluster(violations, "cluster", cluster) is { } parsed
            && InCollection(violations, "cluster", parsed.Collection, collection))
        {
            clusterId = parsed.Cluster;
        }

        return violations.Any ? null : new Wanted(ids, clusterId, cluster);
    }

    /// <summary>The faces that are wanted, those of a cluster included.</summary>
    public async Task<IReadOnlyList<FaceId>> FacesAsync(CollectionInfo collection, Wanted wanted)
    {
        if (wanted.Cluster.IsNone)
        {
            return wanted.Faces;
        }

        var ids = new List<FaceId>();
        var after = FaceId.None;
        do
        {
            var page = await grains.GetGrain<IForestGrain>(collection.Name).ListMembers(wanted.Cluster, after, PageSize)
                ?? throw ApiError.NotFound(ErrorReason.ClusterNotFound, wanted.ClusterName);
            ids.AddRange(page.Members.Select(member => member.Id));
            after = page.Next;
            if (ids.Count > options.Value.MaxFacesPerIdentity)
            {
                throw ApiError.FieldException(ErrorReason.InvalidField, "cluster", $"has more than {options.Value.MaxFacesPerIdentity} faces, the limit of an identity.");
            }
        }
        while (!after.IsNone);

        return ids;
    }

    /// <summary>Gives a new identity its first faces; it is taken back where that fails, so that the call can be repeated.</summary>
    public async Task<IdentityInfo> FirstAsync(CollectionInfo collection, IdentityInfo created, IReadOnlyList<FaceId> ids)
    {
        if (ids.Count == 0)
        {
            return created;
        }

        var gallery = grains.GetGrain<IGalleryGrain>(collection.Name);
        try
        {
            return await gallery.Enrol(created.Id, ids, created.Etag);
        }
        catch (DomainException)
        {
            await gallery.Delete(created.Id, created.Etag);
            throw;
        }
    }

    /// <summary>Adds faces; returns the identity and how many were new to it.</summary>
    public async Task<(IdentityInfo Identity, int Added)> AddAsync(CollectionInfo collection, string identity, string name, Wanted wanted, string? etag)
    {
        var gallery = grains.GetGrain<IGalleryGrain>(collection.Name);
        var ids = await FacesAsync(collection, wanted);
        for (var attempt = 0; ; attempt++)
        {
            var before = await gallery.Get(identity) ?? throw ApiError.NotFound(ErrorReason.IdentityNotFound, name);
            if (before.Faces.Union(ids).Count() > options.Value.MaxFacesPerIdentity)
            {
                throw ApiError.Exception(
                    StatusCode.FailedPrecondition, ErrorReason.InvalidField, $"An identity has at most {options.Value.MaxFacesPerIdentity} faces.");
            }

            try
            {
                var after = await gallery.Enrol(identity, ids, etag ?? before.Etag);
                return (after, after.Faces.Count - before.Faces.Count);
            }
            catch (DomainException exception) when (exception.Status == DomainStatus.Aborted && etag is null && attempt < 5)
            {
                // Somebody else enrolled between the two calls; the caller did not ask for a certain state.
            }
        }
    }

    private static bool InCollection(FieldViolations violations, string field, string actual, string expected)
    {
        if (actual != expected)
        {
            violations.Add(field, $"is of another collection than {expected}.");
        }

        return actual == expected;
    }
}
