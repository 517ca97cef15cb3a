using System.Buffers.Binary;
using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>Pages through the faces of a collection.</summary>
internal sealed class FaceListing(
    IGrainFactory grains, CollectionDirectory collections, RevisionGate revisions, FaceReader faces, TimeProvider time)
{
    private const int PositionLength = sizeof(long);

    public async Task<ListFacesResponse> ListAsync(ListFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        var mask = ReadMask.Parse(violations, request.ReadMask);
        if (request.Camera.Length > 0)
        {
            ResourceNames.CheckCamera(violations, "camera", request.Camera);
        }

        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var query = new ListFacesRequest(request) { PageSize = 0, PageToken = string.Empty };
        var digest = PageToken.Digest(query, collection.Uid);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var completeness = Completeness.Of(collection.Name, request.AllowPartial, context, time);
        var response = request.UncertainOnly
            ? await UncertainAsync(collection, request, size, mask, digest, completeness)
            : await StoredAsync(collection, request, size, mask, digest, completeness);
        response.Unreachable.AddRange(completeness.Unreachable);
        return response;
    }

    private async Task<ListFacesResponse> StoredAsync(
        CollectionInfo collection, ListFacesRequest request, int size, ReadMask mask, ulong digest, Completeness completeness)
    {
        // A camera's faces have one slot, so the others need not be asked.
        var camera = request.Camera.Length > 0 ? request.Camera : null;
        var (first, end) = camera is null ? (0, CameraSlot.Count) : (CameraSlot.Of(camera), CameraSlot.Of(camera) + 1);
        var position = PageToken.Decode(request.PageToken, digest, PositionLength) is { } token
            ? Math.Max(BinaryPrimitives.ReadInt64LittleEndian(token), FacePosition.Of(first, 0))
            : FacePosition.Of(first, 0);
        var records = new List<FaceRecord>();
        while (FacePosition.Slot(position) < end && records.Count < size)
        {
            var from = position;
            var (page, next) = await collections.RoutedAsync(collection, async current =>
            {
                var shard = current.Map.OfSlot(FacePosition.Slot(from));
                var found = await completeness.ShardAsync(
                    shard.Number,
                    _ => grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, shard.Number)).List(from, size - records.Count, camera),
                    new FacePage { Faces = [] },
                    CancellationToken.None);
                return (found.Faces, found.Next ?? FacePosition.Of(shard.EndSlot, 0));
            });
            records.AddRange(page);
            position = next;
        }

        if (mask.Embedding)
        {
            // The listing comes without embeddings.
            var order = records.Select(record => record.Id).ToList();
            var full = (await faces.RecordsAsync(collection, order, withEmbedding: true, completeness)).ToDictionary(record => record.Id);
            records = [.. order.Where(full.ContainsKey).Select(id => full[id])];
        }

        var wire = await faces.AssembleAsync(collection, records, mask, completeness);
        var response = new ListFacesResponse { Faces = { records.Select(record => wire[record.Id]) } };
        if (FacePosition.Slot(position) < end)
        {
            var next = new byte[PositionLength];
            BinaryPrimitives.WriteInt64LittleEndian(next, position);
            response.NextPageToken = PageToken.Encode(digest, next);
        }

        return response;
    }

    private async Task<ListFacesResponse> UncertainAsync(
        CollectionInfo collection, ListFacesRequest request, int size, ReadMask mask, ulong digest, Completeness completeness)
    {
        var after = PageToken.Decode(request.PageToken, digest, FaceId.Size) is { } position ? FaceId.Read(position) : FaceId.None;
        var members = await completeness.ClustersAsync(_ => grains.GetGrain<IForestGrain>(collection.Name).ListUncertain(after, size), []);
        var found = await faces.ReadAsync(collection, [.. members.Select(member => member.Id)], mask, completeness);
        var records = members.Where(member => found.ContainsKey(member.Id)).Select(member => found[member.Id]);
        if (request.Camera.Length > 0)
        {
            // A page may hold fewer than asked for: the forest does not know cameras.
            var slot = CameraSlot.Of(request.Camera);
            var ofCamera = await faces.RecordsAsync(collection, [.. members.Select(member => member.Id).Where(id => id.Slot == slot)], withEmbedding: false, completeness);
            var wanted = ofCamera.Where(record => record.Camera == request.Camera).Select(record => record.Id).ToHashSet();
            records = members.Where(member => wanted.Contains(member.Id) && found.ContainsKey(member.Id)).Select(member => found[member.Id]);
        }

        var response = new ListFacesResponse { Faces = { records } };
        if (members.Count == size)
        {
            var next = new byte[FaceId.Size];
            members[^1].Id.Write(next);
            response.NextPageToken = PageToken.Encode(digest, next);
        }

        return response;
    }
}
