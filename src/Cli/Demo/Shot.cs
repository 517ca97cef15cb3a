using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>The recipe of one frame: everything needed to render it, and to carry its boxes back to the photograph.</summary>
/// <param name="Camera">Name of the camera.</param>
/// <param name="Sequence">Number of the frame at its camera, from 0.</param>
/// <param name="Photograph">Index of the photograph that the frame shows.</param>
/// <param name="Size">Size of the frame in pixels.</param>
/// <param name="Pose">Where the camera looks.</param>
/// <param name="Effects">What it does to the picture.</param>
public sealed record Shot(string Camera, long Sequence, int Photograph, SKSizeI Size, CameraPose Pose, FrameEffects Effects);
