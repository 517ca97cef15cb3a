namespace FaceCluster.Vision.Geometry;

/// <summary>Where the five points lie in an aligned crop.</summary>
/// <param name="Size">Width and height of the crop in pixels.</param>
/// <param name="Points">The points.</param>
public sealed record FaceTemplate(int Size, FivePoints Points)
{
    /// <summary>
    /// The 112x112 template that ArcFace and MagFace models are trained with (insightface,
    /// <c>python-package/insightface/utils/face_align.py</c>).
    /// </summary>
    public static FaceTemplate ArcFace112 { get; } = new(112, new FivePoints(
        new PointF(38.2946f, 51.6963f),
        new PointF(73.5318f, 51.5014f),
        new PointF(56.0252f, 71.7366f),
        new PointF(41.5493f, 92.3655f),
        new PointF(70.7299f, 92.2041f)));

    /// <summary>Finds a template by the name a model manifest gives it; null for an unknown name.</summary>
    public static FaceTemplate? Find(string name) => name == "arcface-112" ? ArcFace112 : null;
}
