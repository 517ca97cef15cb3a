using System.Buffers.Binary;
using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Clusters;

/// <summary>The wire form of clusters.</summary>
internal sealed class ClusterGrpcService(
    IGrainFactory grains,
    CollectionDirectory collections,
    RevisionGate revisions,
    FaceReader faces,
    ClusterIdentities identities,
    ClusterWatch watch) : ClusterService.ClusterServiceBase
{
    private const int PositionLength = sizeof(int) + FaceId.Size;

    public override async Task<Cluster> GetCluster(GetClusterRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCluster(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var cluster = await Forest(collection).GetCluster(name.Value.Cluster) ?? throw ApiError.NotFound(ErrorReason.ClusterNotFound, request.Name);
        return ToWire(collection.Name, cluster, await identities.ReadAsync(collection.Name));
    }

    public override async Task<ListClustersResponse> ListClusters(ListClustersRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().NotNegative("min_size", request.MinSize);
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var digest = PageToken.Digest(new ListClustersRequest(request) { PageSize = 0, PageToken = string.Empty }, collection.Uid);
        ClusterCursor? after = PageToken.Decode(request.PageToken, digest, PositionLength) is { } position
            ? new ClusterCursor(BinaryPrimitives.ReadInt32LittleEndian(position), FaceId.Read(position.AsSpan(sizeof(int))))
            : null;
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var page = await Forest(collection).ListClusters(after, size, (int)Math.Clamp(request.MinSize, 1, int.MaxValue));
        var known = await identities.ReadAsync(collection.Name);
        var response = new ListClustersResponse
        {
            Clusters = { page.Clusters.Select(cluster => ToWire(collection.Name, cluster, known)) },
            TotalSize = page.TotalClusters,
        };
        foreach (var shard in page.Unreachable)
        {
            response.Unreachable.Add($"{request.Parent}/shards/{shard}");
        }

        if (page.Next is { } next)
        {
            var bytes = new byte[PositionLength];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, next.Size);
            next.Id.Write(bytes.AsSpan(sizeof(int)));
            response.NextPageToken = PageToken.Encode(digest, bytes);
        }

        return response;
    }

    public override async Task<ListClusterMembersResponse> ListClusterMembers(ListClusterMembersRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCluster(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        var mask = ReadMask.Parse(violations, request.ReadMask);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        var digest = PageToken.Digest(new ListClusterMembersRequest(request) { PageSize = 0, PageToken = string.Empty }, collection.Uid);
        var after = PageToken.Decode(request.PageToken, digest, FaceId.Size) is { } position ? FaceId.Read(position) : FaceId.None;
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var page = await Forest(collection).ListMembers(name.Value.Cluster, after, size)
            ?? throw ApiError.NotFound(ErrorReason.ClusterNotFound, request.Parent);
        var found = await faces.ReadAsync(collection, [.. page.Members.Select(member => member.Id)], mask);
        var response = new ListClusterMembersResponse
        {
            Faces = { page.Members.Where(member => found.ContainsKey(member.Id)).Select(member => found[member.Id]) },
            Cluster = ToWire(collection.Name, page.Cluster, await identities.ReadAsync(collection.Name)),
        };
        if (!page.Next.IsNone)
        {
            var bytes = new byte[FaceId.Size];
            page.Next.Write(bytes);
            response.NextPageToken = PageToken.Encode(digest, bytes);
        }

        return response;
    }

    public override Task WatchClusters(WatchClustersRequest request, IServerStreamWriter<WatchClustersResponse> responseStream, ServerCallContext context) =>
        watch.RunAsync(request, responseStream, context);

    private IForestGrain Forest(CollectionInfo collection) => grains.GetGrain<IForestGrain>(collection.Name);

    private static Cluster ToWire(string collection, ClusterInfo cluster, ILookup<FaceId, IdentityInfo> identities) => new()
    {
        Name = ResourceNames.Cluster(collection, cluster.Id),
        CenterFace = ResourceNames.Face(collection, cluster.Id),
        Size = cluster.Size,
        CenterMagnitude = cluster.Magnitude,
        UncertainSize = cluster.Uncertain,
        Identities = { identities[cluster.Id].Select(identity => ResourceNames.Identity(collection, identity.Id)) },
    };
}
