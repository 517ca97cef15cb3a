namespace FaceCluster.Vision.Geometry;

/// <summary>A point in pixels: x to the right, y down, (0, 0) the centre of the upper left pixel.</summary>
public readonly record struct PointF(float X, float Y);
