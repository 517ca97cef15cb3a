using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Vision;

/// <summary>
/// The way from an encoded picture to embeddings. Calls may run side by side; that is what fills the batches. Nothing
/// heavy runs on the caller's thread or scheduler. The bytes are read until the call completes and never kept.
/// </summary>
/// <remarks>
/// Every method throws <see cref="ImageRefusedException"/> where the picture is at fault, and
/// <see cref="VisionOverloadedException"/>, before any work, where too many pictures are in the engine.
/// </remarks>
public interface IFacePipeline
{
    /// <summary>The model whose embeddings come out.</summary>
    EmbeddingModel Model { get; }

    /// <summary>Finds every face of a JPEG, PNG or WebP frame, aligns and embeds it.</summary>
    Task<PictureAnalysis> AnalyzeFrameAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes the whole picture as the box of one face: finds its points, aligns and embeds it. Exactly one face comes back.</summary>
    Task<PictureAnalysis> EmbedWholeImageAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Embeds a crop that is already aligned to the model's template, 112x112 pixels. Exactly one face comes back.</summary>
    Task<PictureAnalysis> EmbedAlignedAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default);
}
