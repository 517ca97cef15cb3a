namespace FaceCluster.TrainingData.Augmentation;

/// <summary>Random changes of training faces; each has a probability of its own and 0 leaves it out. Applied in the order given here.</summary>
public sealed record AugmentationOptions
{
    /// <summary>A mirror image half of the time and nothing else: what ArcFace-style training does.</summary>
    public static AugmentationOptions FlipOnly { get; } = new();

    /// <summary>Probability of a mirror image. Default 0.5.</summary>
    public double Flip { get; init; } = 0.5;

    /// <summary>Probability of a crop that is scaled back to the whole.</summary>
    public double Crop { get; init; }

    /// <summary>Smallest side of a crop relative to the face, 0.2 to 1.</summary>
    public float CropMinScale { get; init; } = 0.8f;

    /// <summary>Probability of other brightness, contrast, saturation and hue.</summary>
    public double Color { get; init; }

    /// <summary>Brightness is multiplied by 1 - this to 1 + this, 0 to 1.</summary>
    public float Brightness { get; init; } = 0.3f;

    /// <summary>Likewise the distance from the picture's mean grey.</summary>
    public float Contrast { get; init; } = 0.3f;

    /// <summary>Likewise the distance of each pixel from its grey.</summary>
    public float Saturation { get; init; } = 0.3f;

    /// <summary>Hue is turned by up to this many degrees either way, 0 to 180.</summary>
    public float HueDegrees { get; init; } = 10;

    /// <summary>Probability of a grey picture.</summary>
    public double Grey { get; init; }

    /// <summary>Probability of a Gaussian blur.</summary>
    public double Blur { get; init; }

    /// <summary>Largest standard deviation of the blur in pixels, 0.3 to 10; the smallest is 0.3.</summary>
    public float BlurMaxSigma { get; init; } = 2;

    /// <summary>Probability of low resolution: scaled down and up again.</summary>
    public double LowResolution { get; init; }

    /// <summary>Smallest side in pixels that a face is scaled down to, 4 to 111; the largest is 3/4 of the whole.</summary>
    public int LowResolutionMinSide { get; init; } = 14;

    /// <summary>Probability of JPEG losses.</summary>
    public double Jpeg { get; init; }

    /// <summary>Lowest JPEG quality, 1 to 95; the highest is 95.</summary>
    public int JpegMinQuality { get; init; } = 20;

    /// <summary>Probability that a rectangle is erased, to one random colour (Zhong et al., "Random erasing data augmentation", 2020).</summary>
    public double Erase { get; init; }

    /// <summary>Largest share of the face that is erased, 0.02 to 0.9; the smallest is 0.02.</summary>
    public float EraseMaxShare { get; init; } = 0.3f;

    /// <summary>Whether nothing but mirror images is drawn.</summary>
    public bool IsFlipOnly => Crop == 0 && Color == 0 && Grey == 0 && Blur == 0 && LowResolution == 0 && Jpeg == 0 && Erase == 0;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; it is named.</exception>
    public void Validate()
    {
        Check(Flip, 0, 1, nameof(Flip));
        Check(Crop, 0, 1, nameof(Crop));
        Check(CropMinScale, 0.2, 1, nameof(CropMinScale));
        Check(Color, 0, 1, nameof(Color));
        Check(Brightness, 0, 1, nameof(Brightness));
        Check(Contrast, 0, 1, nameof(Contrast));
        Check(Saturation, 0, 1, nameof(Saturation));
        Check(HueDegrees, 0, 180, nameof(HueDegrees));
        Check(Grey, 0, 1, nameof(Grey));
        Check(Blur, 0, 1, nameof(Blur));
        Check(BlurMaxSigma, 0.3, 10, nameof(BlurMaxSigma));
        Check(LowResolution, 0, 1, nameof(LowResolution));
        Check(LowResolutionMinSide, 4, 111, nameof(LowResolutionMinSide));
        Check(Jpeg, 0, 1, nameof(Jpeg));
        Check(JpegMinQuality, 1, 95, nameof(JpegMinQuality));
        Check(Erase, 0, 1, nameof(Erase));
        Check(EraseMaxShare, 0.02, 0.9, nameof(EraseMaxShare));
    }

    private static void Check(double value, double low, double high, string name)
    {
        // Single-precision limits are not the decimals they are written as.
        if (!(value >= low - 1e-6 && value <= high + 1e-6))
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be between {low} and {high}.");
        }
    }
}
