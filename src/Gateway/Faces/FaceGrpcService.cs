using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Operations;
using FaceCluster.Gateway.Requests;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>The wire form of single faces.</summary>
internal sealed class FaceGrpcService(
    CollectionDirectory collections,
    RevisionGate revisions,
    FaceReader faces,
    FaceListing listing,
    FaceMatching matching,
    FaceExplanation explanation,
    FaceDeletion deletion,
    Erasures erasures,
    AnsweredRequests answered) : FaceService.FaceServiceBase
{
    public override async Task<Face> GetFace(GetFaceRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseFace(violations, "name", request.Name);
        var mask = ReadMask.Parse(violations, request.ReadMask);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var found = await faces.ReadAsync(collection, [name.Value.Face], mask);
        return found.TryGetValue(name.Value.Face, out var face) ? face : throw ApiError.NotFound(ErrorReason.FaceNotFound, request.Name);
    }

    public override Task<ListFacesResponse> ListFaces(ListFacesRequest request, ServerCallContext context) =>
        listing.ListAsync(request, context);

    public override async Task<DeleteFaceResponse> DeleteFace(DeleteFaceRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseFace(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        return await answered.RunAsync(request, request.RequestId, DeleteFaceResponse.Parser, async () =>
        {
            var deleted = await deletion.DeleteAsync(collection, [name.Value.Face]);
            return deleted > 0
                ? new DeleteFaceResponse { Revision = await deletion.RevisionAsync(collection) }
                : throw ApiError.NotFound(ErrorReason.FaceNotFound, request.Name);
        }, null, context.CancellationToken);
    }

    public override Task<Operation> EraseFaces(EraseFacesRequest request, ServerCallContext context) =>
        erasures.FacesAsync(request, context);

    public override Task<SearchFacesResponse> SearchFaces(SearchFacesRequest request, ServerCallContext context) =>
        matching.SearchAsync(request, context);

    public override Task<VerifyFacesResponse> VerifyFaces(VerifyFacesRequest request, ServerCallContext context) =>
        matching.VerifyAsync(request, context);

    public override Task<ExplainFaceResponse> ExplainFace(ExplainFaceRequest request, ServerCallContext context) =>
        explanation.ExplainAsync(request, context);
}
