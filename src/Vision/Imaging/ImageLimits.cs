namespace FaceCluster.Vision.Imaging;

/// <summary>What an encoded picture may cost before it is refused.</summary>
public sealed class ImageLimits
{
    /// <summary>Encoded size in bytes. Default 16 MiB.</summary>
    public int MaxBytes { get; set; } = 16 << 20;

    /// <summary>Width times height as the header states them, checked before anything is decoded. Default 36 million (8K video has 33).</summary>
    public long MaxPixels { get; set; } = 36_000_000;

    /// <summary>Longest side in pixels. Default 16,384.</summary>
    public int MaxSide { get; set; } = 16_384;

    /// <summary>Shortest side in pixels. Default 16: no face the detector could find is smaller.</summary>
    public int MinSide { get; set; } = 16;

    /// <summary>Time for one decode, which a hostile progressive JPEG would otherwise stretch at will. Default 5 s.</summary>
    public TimeSpan MaxDecodeTime { get; set; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBytes, nameof(MaxBytes));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxSide, nameof(MaxSide));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MinSide, nameof(MinSide));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxDecodeTime, TimeSpan.Zero, nameof(MaxDecodeTime));
        if (MaxPixels is <= 0 or > int.MaxValue / PixelBuffer.BytesPerPixel)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxPixels), MaxPixels, $"must be between 1 and {int.MaxValue / PixelBuffer.BytesPerPixel}.");
        }
    }
}
