using FaceCluster.Vision.Geometry;

namespace FaceCluster.Vision.Detection;

/// <summary>A face found: where, in pixels of the picture, and how sure, 0 to 1.</summary>
internal readonly record struct Detection(FaceBox Box, float Score);
