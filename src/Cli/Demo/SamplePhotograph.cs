using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>A face that is marked in a sample photograph.</summary>
/// <param name="Person">Label of the person; the same in every photograph that shows them.</param>
/// <param name="Box">Where the face is, in pixels of the photograph.</param>
public sealed record MarkedFace(string Person, SKRect Box);

/// <summary>A sample photograph with all faces in it.</summary>
/// <param name="File">File name.</param>
/// <param name="Size">Size in pixels.</param>
/// <param name="Faces">Every face, from left to right.</param>
public sealed record SamplePhotograph(string File, SKSizeI Size, IReadOnlyList<MarkedFace> Faces);
