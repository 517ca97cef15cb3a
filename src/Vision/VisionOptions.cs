using FaceCluster.Vision.Detection;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;

namespace FaceCluster.Vision;

/// <summary>Everything that can be chosen about the way from a picture to embeddings.</summary>
public sealed class VisionOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Vision";

    /// <summary>Folder of the models. Default: <see cref="Models.ModelFolder.Find"/> decides.</summary>
    public string? ModelDirectory { get; set; }

    /// <summary>File name of the UltraFace detector.</summary>
    public string DetectorFile { get; set; } = "fr_detect.onnx";

    /// <summary>File name of the model that finds 68 points in a box.</summary>
    public string LandmarkFile { get; set; } = "fr_landmark.onnx";

    /// <summary>File name of the embedding model, whose manifest is described by <see cref="Models.ModelManifest"/>.</summary>
    public string EmbeddingFile { get; set; } = "fr_feature.onnx";

    /// <summary>What an encoded picture may cost.</summary>
    public ImageLimits Images { get; set; } = new();

    /// <summary>How faces are looked for.</summary>
    public DetectionOptions Detection { get; set; } = new();

    /// <summary>How models are run.</summary>
    public RuntimeOptions Runtime { get; set; } = new();

    /// <summary>Pictures in the engine at once, waiting ones included; more are turned away with a delay. Default 512.</summary>
    public int MaxPicturesInFlight { get; set; } = 512;

    /// <summary>Encoded bytes in the engine at once, likewise. Default 256 MiB.</summary>
    public long MaxBytesInFlight { get; set; } = 256 << 20;

    /// <summary>Pixels of decoded pictures held at once, four bytes each; further pictures wait. Default 48 million.</summary>
    public long MaxPixelsInFlight { get; set; } = 48_000_000;

    /// <summary>Threads for decoding, scaling and aligning. Default 0: one per core.</summary>
    public int ComputeThreads { get; set; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the parameter's name is the option's.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(DetectorFile);
        ArgumentException.ThrowIfNullOrWhiteSpace(LandmarkFile);
        ArgumentException.ThrowIfNullOrWhiteSpace(EmbeddingFile);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxPicturesInFlight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBytesInFlight);
        ArgumentOutOfRangeException.ThrowIfNegative(ComputeThreads);
        Images.Validate();
        Detection.Validate();
        Runtime.Validate();
        if (MaxPixelsInFlight < Images.MaxPixels)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxPixelsInFlight), MaxPixelsInFlight, $"must be at least {nameof(ImageLimits.MaxPixels)} ({Images.MaxPixels}), or the largest picture would wait for ever.");
        }
    }
}
