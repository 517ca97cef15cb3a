using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>The character of one virtual camera: its size and the worst it does to a picture.</summary>
/// <param name="Name">Name of the camera.</param>
/// <param name="Size">Frame size in pixels.</param>
/// <param name="Closest">Smallest part of a photograph's width that fills a frame when zoomed in, 0 to 1.</param>
/// <param name="Blur">Strongest blur, standard deviation in pixels of the frame.</param>
/// <param name="Darkest">Lowest exposure factor.</param>
/// <param name="Noise">Sensor noise, of 255.</param>
/// <param name="Quality">Lowest JPEG quality.</param>
/// <param name="Roll">Largest rotation in degrees, to either side.</param>
public sealed record CameraProfile(
    string Name, SKSizeI Size, float Closest, float Blur, float Darkest, int Noise, int Quality, float Roll)
{
    /// <summary>The eight cameras of the demonstration; each has one weakness, the last a little of all.</summary>
    public static IReadOnlyList<CameraProfile> Fleet { get; } =
    [
        new("entrance", new SKSizeI(1280, 720), 0.50f, 0.0f, 0.95f, 0, 85, 0),
        new("hall", new SKSizeI(800, 600), 0.40f, 0.6f, 0.80f, 4, 70, 2),
        new("night", new SKSizeI(800, 600), 0.50f, 0.4f, 0.35f, 6, 75, 0),
        new("dusty-lens", new SKSizeI(800, 600), 0.50f, 1.8f, 0.85f, 2, 75, 0),
        new("thin-line", new SKSizeI(800, 600), 0.50f, 0.4f, 0.85f, 2, 24, 0),
        new("far-corner", new SKSizeI(640, 480), 0.80f, 0.3f, 0.85f, 3, 65, 0),
        new("loose-mount", new SKSizeI(800, 600), 0.50f, 0.7f, 0.80f, 4, 60, 9),
        new("old-timer", new SKSizeI(640, 480), 0.50f, 0.8f, 0.60f, 8, 45, 4),
    ];
}
