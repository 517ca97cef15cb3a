using FaceCluster.Gateway.Errors;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using static Google.Rpc.BadRequest.Types;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Ingest;

/// <summary>Has pictures turned into faces by the inference grains, and words their refusals.</summary>
internal sealed class PictureAnalyzer(IGrainFactory grains, IOptions<GatewayOptions> options)
{
    private const string Overloaded = "OVERLOADED";
    private const string ModelMismatch = "MODEL_MISMATCH";

    /// <summary>The faces of a picture, or the status that says why there are none. Never throws for a picture at fault.</summary>
    public async Task<(PictureAnswer? Answer, RpcStatus? Error)> AnalyzeAsync(
        ByteString encoded, PictureKind kind, string field, CancellationToken cancellationToken)
    {
        if (encoded.Length == 0)
        {
            return (null, ApiError.Field(ErrorReason.InvalidImage, field, "is empty."));
        }

        if (encoded.Length > options.Value.MaxItemBytes)
        {
            return (null, ApiError.Field(ErrorReason.ItemTooLarge, field, $"has {encoded.Length} bytes; at most {options.Value.MaxItemBytes} are allowed."));
        }

        try
        {
            var request = new PictureRequest { Encoded = encoded.Memory, Kind = kind, MaxFaces = options.Value.MaxFacesPerFrame };
            var answer = await grains.GetGrain<IEmbedGrain>(0).Analyze(request, cancellationToken);
            return answer.RefusalReason is null ? (answer, null) : (null, Refusal(answer, field));
        }
        catch (ArgumentException)
        {
            // No silo of the cluster has an implementation of the grain.
            return (null, ApiError.Status(
                StatusCode.FailedPrecondition,
                ErrorReason.InferenceUnavailable,
                "The server has no model that could read a picture; it only takes embeddings."));
        }
    }

    private RpcStatus Refusal(PictureAnswer answer, string field)
    {
        var message = answer.RefusalMessage ?? "The picture was refused.";
        if (answer.RefusalReason is Overloaded)
        {
            return ApiError.Status(StatusCode.ResourceExhausted, ErrorReason.InferenceOverloaded, message, answer.RetryAfter ?? options.Value.RetryDelay);
        }

        var reason = answer.RefusalReason is ModelMismatch ? ErrorReason.ModelMismatch : ErrorReason.InvalidImage;
        return ApiError.Status(
            StatusCode.InvalidArgument,
            reason.Name(),
            $"{field}: {message}",
            [new FieldViolation { Field = field, Description = message, Reason = answer.RefusalReason! }],
            metadata: new Dictionary<string, string> { ["cause"] = answer.RefusalReason! });
    }
}
