using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace FaceCluster.Gateway.Operations;

/// <summary>Starts erasures.</summary>
internal sealed class Erasures(IGrainFactory grains, CollectionDirectory collections, AnsweredRequests answered)
{
    private const int MaxFaces = 100_000;

    public async Task<Operation> FacesAsync(EraseFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var ids = name is null ? [] : Parse(violations, name, request.Faces);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        return await StartAsync(request, request.RequestId, collection.Name, ids, null, context);
    }

    public async Task<Operation> IdentityAsync(EraseIdentityRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseIdentity(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        return await StartAsync(request, request.RequestId, collection.Name, [], name.Value.Identity, context);
    }

    private Task<Operation> StartAsync<TRequest>(
        TRequest request, string requestId, string collection, IReadOnlyList<FaceId> faces, string? identity, ServerCallContext context)
        where TRequest : Google.Protobuf.IMessage =>
        answered.RunAsync(request, requestId, Operation.Parser, async () =>
        {
            // The request's id is the erasure's: a repeat whose first answer was lost starts nothing twice.
            var id = requestId.Length > 0 ? Guid.Parse(requestId) : Guid.NewGuid();
            return OperationWire.ToWire(collection, await grains.GetGrain<IErasureGrain>(collection).Start(id.ToString("n"), faces, identity));
        }, null, context.CancellationToken);

    private static FaceId[] Parse(FieldViolations violations, string collection, RepeatedField<string> names)
    {
        if (names.Count is 0 or > MaxFaces)
        {
            violations.Add("faces", $"has {names.Count} names; 1 to {MaxFaces} are allowed.");
            return [];
        }

        var ids = new List<FaceId>(names.Count);
        foreach (var text in names)
        {
            var face = ResourceNames.ParseFace(violations, "faces", text);
            if (face is { } parsed && parsed.Collection != collection)
            {
                violations.Add("faces", "holds a face of another collection than parent.");
            }

            if (violations.Any)
            {
                // One is enough: a list of 100,000 faults helps nobody.
                return [];
            }

            ids.Add(face!.Value.Face);
        }

        return [.. ids];
    }
}
