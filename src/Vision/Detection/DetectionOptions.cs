namespace FaceCluster.Vision.Detection;

/// <summary>How faces are looked for.</summary>
public sealed class DetectionOptions
{
    /// <summary>Score from which a face counts, 0 to 1. Default 0.6.</summary>
    public float ScoreThreshold { get; set; } = 0.6f;

    /// <summary>Two boxes that overlap more than this (intersection over union) are one face. Default 0.4.</summary>
    public float OverlapThreshold { get; set; } = 0.4f;

    /// <summary>
    /// Width in pixels of the smallest face to be found for certain. Default 30. Half the size costs four times the
    /// tiles; smaller faces are found by luck.
    /// </summary>
    public int MinFacePixels { get; set; } = 30;

    /// <summary>
    /// Shorter side in pixels from which a found face is embedded. Default 6: the detector finds smaller ones by luck, but
    /// a handful of dots looks like anybody. They are reported as refused.
    /// </summary>
    public int MinUsablePixels { get; set; } = 6;

    /// <summary>Detector runs per picture at most. Default 64. In larger pictures the smallest size found grows instead.</summary>
    public int MaxTiles { get; set; } = 64;

    /// <summary>Faces per picture at most, best score first; the rest is counted and left out. Default 100.</summary>
    public int MaxFaces { get; set; } = 100;

    internal void Validate()
    {
        if (!(ScoreThreshold is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ScoreThreshold), ScoreThreshold, "must lie between 0 and 1.");
        }

        if (!(OverlapThreshold is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(OverlapThreshold), OverlapThreshold, "must lie between 0 and 1.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MinFacePixels, 8, nameof(MinFacePixels));
        ArgumentOutOfRangeException.ThrowIfNegative(MinUsablePixels, nameof(MinUsablePixels));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxTiles, nameof(MaxTiles));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxFaces, nameof(MaxFaces));
    }
}
