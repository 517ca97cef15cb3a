using FaceCluster.Vision.Models;

namespace FaceCluster.Training.Onnx;

/// <summary>What goes into an exported model beside its weights.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Short name, part of the model's id.</summary>
    public required string Name { get; init; }

    /// <summary>The loss it was trained with, for example "magface".</summary>
    public required string Loss { get; init; }

    /// <summary>The data it was trained on, for people who read the file.</summary>
    public required string TrainingData { get; init; }

    /// <summary>Share of faces to magnitude, measured on real faces.</summary>
    public required IReadOnlyDictionary<string, double> MagnitudeQuantiles { get; init; }

    /// <summary>How a cosine becomes a probability, or null.</summary>
    public ModelCalibration? Calibration { get; init; }

    /// <summary>Order of the planes. Default RGB.</summary>
    public ColorOrder ColorOrder { get; init; } = ColorOrder.Rgb;

    /// <summary>Subtracted from each byte. Default 127.5, as the loader does.</summary>
    public float Mean { get; init; } = 127.5f;

    /// <summary>Multiplied afterwards. Default 1/127.5.</summary>
    public float Scale { get; init; } = 1 / 127.5f;

    /// <summary>Whether batch normalisations go into the layers before them. Default: yes.</summary>
    public bool FoldBatchNorms { get; init; } = true;

    /// <summary>Whether weights are stored in half precision. Default: no.</summary>
    public bool HalfPrecision { get; init; }
}

/// <summary>What an export gave.</summary>
/// <param name="Path">The file.</param>
/// <param name="Difference">Largest difference from the network, relative to the larger of 1 and the largest entry.</param>
/// <param name="HalfDifference">The same after rounding weights to half precision; 0 without.</param>
/// <param name="Manifest">The manifest that is in the file's metadata.</param>
public sealed record OnnxExportResult(string Path, double Difference, double HalfDifference, ModelManifest Manifest);
