namespace FaceCluster.Cli.Demo;

/// <summary>What a virtual camera does to the picture, besides choosing a part of it.</summary>
/// <param name="Blur">Standard deviation of a Gaussian blur in pixels of the frame; 0 is sharp.</param>
/// <param name="Exposure">Factor on the (gamma-coded) pixel values; 1 is as photographed, 0.4 is dark.</param>
/// <param name="Noise">Largest change of a pixel value by sensor noise, of 255; 0 is clean.</param>
/// <param name="Quality">JPEG quality, 1 to 100.</param>
public readonly record struct FrameEffects(float Blur, float Exposure, int Noise, int Quality);
