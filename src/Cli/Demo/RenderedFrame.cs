namespace FaceCluster.Cli.Demo;

/// <summary>A frame as a camera sent it.</summary>
/// <param name="Shot">How it was made.</param>
/// <param name="Jpeg">The file.</param>
public sealed record RenderedFrame(Shot Shot, byte[] Jpeg);
