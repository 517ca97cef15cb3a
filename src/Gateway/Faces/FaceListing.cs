using System.Buffers.Binary;
using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>Pages through the faces of a collection.</summary>
internal sealed class FaceListing(IGrainFactory grains, CollectionDirectory collections, RevisionGate revisions, FaceReader faces)
{
    private const int PositionLength = sizeof(int) + sizeof(long);

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
        return request.UncertainOnly
            ? await UncertainAsync(collection, request, size, mask, digest)
            : await StoredAsync(collection, request, size, mask, digest);
    }

    private async Task<ListFacesResponse> StoredAsync(CollectionInfo collection, ListFacesRequest request, int size, ReadMask mask, ulong digest)
    {
        var (shard, from) = (0, 0L);
        if (PageToken.Decode(request.PageToken, digest, PositionLength) is { } position)
        {
            shard = BinaryPrimitives.ReadInt32LittleEndian(position);
            from = BinaryPrimitives.ReadInt64LittleEndian(position.AsSpan(sizeof(int)));
        }

        // A camera lives in one shard, so the others need not be asked.
        var (first, last) = request.Camera.Length > 0
            ? (collection.ShardOf(request.Camera), collection.ShardOf(request.Camera))
            : (0, collection.Settings.ShardCount - 1);
        shard = Math.Max(shard, first);
        var records = new List<FaceRecord>();
        while (shard <= last && records.Count < size)
        {
            var page = await grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard))
                .List(from, size - records.Count, request.Camera.Length > 0 ? request.Camera : null);
            records.AddRange(page.Faces);
            (shard, from) = page.Next is { } next ? (shard, next) : (shard + 1, 0);
        }

        if (mask.Embedding)
        {
            // The listing comes without embeddings.
            var order = records.Select(record => record.Id).ToList();
            var full = (await faces.RecordsAsync(collection, order, withEmbedding: true)).ToDictionary(record => record.Id);
            records = [.. order.Where(full.ContainsKey).Select(id => full[id])];
        }

        var wire = await faces.AssembleAsync(collection, records, mask);
        var response = new ListFacesResponse { Faces = { records.Select(record => wire[record.Id]) } };
        if (shard <= last)
        {
            var next = new byte[PositionLength];
            BinaryPrimitives.WriteInt32LittleEndian(next, shard);
            BinaryPrimitives.WriteInt64LittleEndian(next.AsSpan(sizeof(int)), from);
            response.NextPageToken = PageToken.Encode(digest, next);
        }

        return response;
    }

    private async Task<ListFacesResponse> UncertainAsync(CollectionInfo collection, ListFacesRequest request, int size, ReadMask mask, ulong digest)
    {
        var after = PageToken.Decode(request.PageToken, digest, FaceId.Size) is { } position ? FaceId.Read(position) : FaceId.None;
        var members = await grains.GetGrain<IForestGrain>(collection.Name).ListUncertain(after, size);
        var found = await faces.ReadAsync(collection, [.. members.Select(member => member.Id)], mask);
        var records = members.Where(member => found.ContainsKey(member.Id)).Select(member => found[member.Id]);
        if (request.Camera.Length > 0)
        {
            // A page may hold fewer than asked for: the forest does not know cameras.
            var slot = CameraSlot.Of(request.Camera);
            var ofCamera = await faces.RecordsAsync(collection, [.. members.Select(member => member.Id).Where(id => id.Slot == slot)], withEmbedding: false);
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
