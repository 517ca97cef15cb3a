namespace FaceCluster.Vision.Imaging;

/// <summary>Why an encoded picture was refused. The names are stable: clients see them in upper snake case.</summary>
public enum ImageRefusal
{
    /// <summary>Zero bytes.</summary>
    ImageEmpty = 1,

    /// <summary>More bytes than <see cref="ImageLimits.MaxBytes"/>.</summary>
    ImageTooManyBytes,

    /// <summary>The bytes do not begin like any picture.</summary>
    NotAnImage,

    /// <summary>A picture, but not JPEG, PNG or WebP.</summary>
    ImageFormatUnsupported,

    /// <summary>The header cannot be read, or the data contradicts it.</summary>
    ImageCorrupt,

    /// <summary>The data ends before the picture does.</summary>
    ImageTruncated,

    /// <summary>More than one frame.</summary>
    ImageAnimated,

    /// <summary>A side or the number of pixels named by the header is over its limit. Nothing was decoded.</summary>
    ImageTooLarge,

    /// <summary>A side is under <see cref="ImageLimits.MinSide"/>.</summary>
    ImageTooSmall,

    /// <summary>Decoding took longer than <see cref="ImageLimits.MaxDecodeTime"/>.</summary>
    ImageDecodeTimeout,

    /// <summary>An aligned crop that does not have the sides of the model's template.</summary>
    CropNotAligned,
}
