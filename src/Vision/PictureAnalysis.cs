using FaceCluster.Vision.Geometry;

namespace FaceCluster.Vision;

/// <summary>What was found in one picture.</summary>
/// <param name="Width">Width of the upright picture in pixels.</param>
/// <param name="Height">Height of the upright picture in pixels.</param>
/// <param name="Faces">The faces, best detection score first.</param>
/// <param name="FacesOverLimit">Faces found beyond the limit; they were not embedded.</param>
public sealed record PictureAnalysis(int Width, int Height, IReadOnlyList<AnalyzedFace> Faces, int FacesOverLimit)
{
    /// <summary>Faces that were found but cannot be used, with the reason.</summary>
    public IReadOnlyList<RefusedFace> Refused { get; init; } = [];
}

/// <summary>Why a face that was found is not used.</summary>
public enum FaceRefusal
{
    /// <summary>Its shorter side has fewer pixels than <see cref="Detection.DetectionOptions.MinUsablePixels"/>.</summary>
    TooSmall,

    /// <summary>The model's output has no finite, positive length.</summary>
    InvalidEmbedding,
}

/// <summary>A face that was found but cannot be used.</summary>
/// <param name="Box">The box in pixels of the upright picture.</param>
/// <param name="DetectionScore">The detector's score, 0 to 1; 0 where no detector ran.</param>
/// <param name="Reason">Why.</param>
public sealed record RefusedFace(FaceBox Box, float DetectionScore, FaceRefusal Reason);

/// <summary>One face with its raw embedding.</summary>
/// <param name="Box">The box in pixels of the upright picture.</param>
/// <param name="DetectionScore">The detector's score, 0 to 1; 0 where no detector ran.</param>
/// <param name="Points">The five points; null for a crop that came aligned.</param>
/// <param name="Embedding">The raw embedding, not normalised.</param>
/// <param name="Magnitude">Its Euclidean length in the product's canonical precision, finite and positive: confidence and rank.</param>
/// <param name="CropJpeg">The aligned crop, where asked for.</param>
public sealed record AnalyzedFace(
    FaceBox Box, float DetectionScore, FivePoints? Points, float[] Embedding, float Magnitude, byte[]? CropJpeg);
