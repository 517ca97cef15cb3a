using System.Text;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Operations;

/// <summary>Work that goes on after the call that started it.</summary>
internal sealed class OperationGrpcService(IGrainFactory grains, CollectionDirectory collections, TimeProvider time)
    : OperationService.OperationServiceBase
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    // A grain's answer has to come before its caller's patience ends.
    private static readonly TimeSpan WaitPerCall = TimeSpan.FromSeconds(10);

    public override async Task<Operation> GetOperation(GetOperationRequest request, ServerCallContext context)
    {
        var (collection, id) = await FindAsync(request.Name);
        return ToWire(request.Name, collection, await Grain(collection).Get(id));
    }

    public override async Task<ListOperationsResponse> ListOperations(ListOperationsRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var size = Paging.Size(violations, "page_size", request.PageSize);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var digest = PageToken.Digest(new ListOperationsRequest { Parent = request.Parent }, collection.Uid);
        var after = PageToken.Decode(request.PageToken, digest) is { } position ? Encoding.ASCII.GetString(position) : null;
        var page = await Grain(collection).List(after, size);
        return new ListOperationsResponse
        {
            Operations = { page.Select(erasure => OperationWire.ToWire(collection.Name, erasure)) },
            NextPageToken = page.Count == size ? PageToken.Encode(digest, Encoding.ASCII.GetBytes(page[^1].Id)) : string.Empty,
        };
    }

    public override async Task<Operation> WaitOperation(WaitOperationRequest request, ServerCallContext context)
    {
        var wanted = request.Timeout?.ToTimeSpan() ?? TimeSpan.Zero;
        new FieldViolations().Range("timeout", wanted, TimeSpan.Zero, LongestWait).ThrowIfAny();
        var (collection, id) = await FindAsync(request.Name);
        var started = time.GetTimestamp();
        var budget = wanted > TimeSpan.Zero ? wanted : DefaultWait;
        while (true)
        {
            var left = budget - time.GetElapsedTime(started);
            var part = left < TimeSpan.Zero ? TimeSpan.Zero : left < WaitPerCall ? left : WaitPerCall;
            var operation = ToWire(request.Name, collection, await GrainCalls.RepeatAsync(
                () => Grain(collection).Wait(id, part, context.CancellationToken), context.CancellationToken));
            if (operation.Done || left <= TimeSpan.Zero)
            {
                return operation;
            }

            context.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private IErasureGrain Grain(CollectionInfo collection) => grains.GetGrain<IErasureGrain>(collection.Name);

    private async Task<(CollectionInfo Collection, string Id)> FindAsync(string name)
    {
        var violations = new FieldViolations();
        var parsed = ResourceNames.ParseOperation(violations, "name", name);
        violations.ThrowIfAny();
        return (await collections.GetAsync(parsed!.Value.Collection), parsed.Value.Operation);
    }

    private static Operation ToWire(string name, CollectionInfo collection, ErasureInfo? erasure) =>
        erasure is null ? throw ApiError.NotFound(ErrorReason.OperationNotFound, name) : OperationWire.ToWire(collection.Name, erasure);
}
