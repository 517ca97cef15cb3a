using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using CollectionSettings = FaceCluster.Grains.CollectionSettings;

namespace FaceCluster.Gateway.Server;

/// <summary>The settings of a collection that says nothing else.</summary>
internal sealed class DefaultSettings(InferenceDirectory inference, IOptions<GatewayOptions> options)
{
    /// <summary>The configured settings; the model, where they name none, is the one that the inference silos run.</summary>
    public async ValueTask<CollectionSettings> GetAsync()
    {
        var settings = options.Value.DefaultSettings;
        if (settings.ModelId.Length > 0)
        {
            return settings;
        }

        var status = await inference.FindAsync() ?? throw ApiError.Exception(
            StatusCode.FailedPrecondition,
            ErrorReason.InferenceUnavailable,
            "The server has no model of its own; name the model_id of the embeddings in the collection's settings.");
        return settings with { ModelId = status.ModelId, Dimension = status.Dimension };
    }
}
