using System.Diagnostics;
using FaceCluster.Gateway.Requests;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Ingest;

/// <summary>The wire form of ingest.</summary>
internal sealed class IngestGrpcService(IngestPipeline pipeline, AnsweredRequests answered) : IngestService.IngestServiceBase
{
    public override async Task Ingest(
        IAsyncStreamReader<IngestRequest> requestStream, IServerStreamWriter<IngestResponse> responseStream, ServerCallContext context)
    {
        using var slot = pipeline.Limits.OpenStream();
        using var stream = new IngestStream(pipeline, responseStream, context);
        await stream.RunAsync(requestStream);
    }

    public override async Task<BatchCreateFacesResponse> BatchCreateFaces(BatchCreateFacesRequest request, ServerCallContext context)
    {
        var received = Stopwatch.GetTimestamp();
        var violations = new FieldViolations().RequestId(request.RequestId);
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        ResourceNames.CheckCamera(violations, "camera", request.Camera);
        violations.Range("items", request.Items.Count, 1, pipeline.Options.MaxBlockItems);
        violations.ThrowIfAny();
        var collection = await pipeline.Collections.GetAsync(name!);
        return await answered.RunAsync(request, request.RequestId, BatchCreateFacesResponse.Parser, async () =>
        {
            var bytes = (long)request.CalculateSize();
            await pipeline.Limits.Bytes.TakeAsync(bytes, context.CancellationToken);
            try
            {
                var result = await pipeline.Blocks.ProcessAsync(collection, request.Camera, request.Items, CameraTurn.Single(), context.CancellationToken);
                pipeline.Instruments.Block(result.Acknowledgements, bytes, received);
                return new BatchCreateFacesResponse
                {
                    Acknowledgements = { result.Acknowledgements },
                    Revision = result.Revisions.Count > 0 ? RevisionToken.Encode(collection.Uid, [.. result.Revisions]) : string.Empty,
                };
            }
            finally
            {
                pipeline.Limits.Bytes.Return(bytes);
            }
        }, answer => !answer.Acknowledgements.Any(item => item.Error is not null && IsTemporary((StatusCode)item.Error.Code)), context.CancellationToken);
    }

    private static bool IsTemporary(StatusCode code) =>
        code is not (StatusCode.InvalidArgument or StatusCode.AlreadyExists or StatusCode.FailedPrecondition);
}
