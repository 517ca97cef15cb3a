using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.Vision.Models;

namespace FaceCluster.Evaluation.Tool;

/// <summary>What to measure.</summary>
public sealed record EvaluationRequest
{
    /// <summary>The ONNX model.</summary>
    public required string Model { get; init; }

    /// <summary>A folder of pictures, a list (.csv, .txt) or a record file, or null where <see cref="Bin"/> says all.</summary>
    public string? Images { get; init; }

    /// <summary>A list of pairs over <see cref="Images"/>, or null.</summary>
    public string? Pairs { get; init; }

    /// <summary>A verification set (.bin), or null.</summary>
    public string? Bin { get; init; }

    /// <summary>A folder with the three text files of IJB-B or IJB-C, whose pictures are in <see cref="Images"/>, or null.</summary>
    public string? TemplateFolder { get; init; }

    /// <summary>Whether the faces of templates also weigh by the detector's score, as the file of points has it.</summary>
    public bool DetectorWeight { get; init; }

    /// <summary>How pictures become aligned faces.</summary>
    public FaceForm Faces { get; init; }

    /// <summary>What the ten-fold protocol and the templates compare.</summary>
    public FlipMode Flip { get; init; }

    /// <summary>The folder of the detector and landmark models, or null to look for it.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Order of the planes of a model without a manifest; null takes the manifest.</summary>
    public ColorOrder? ColorOrder { get; init; }

    /// <summary>What is subtracted from each byte, for a model without a manifest.</summary>
    public float Mean { get; init; } = 127.5f;

    /// <summary>What it is then multiplied with, for a model without a manifest.</summary>
    public float Scale { get; init; } = 1 / 127.5f;

    /// <summary>Whether to fit the calibration and write it into the manifest beside the model.</summary>
    public bool Calibrate { get; init; }

    /// <summary>Where a page with the plots goes, or null.</summary>
    public string? Report { get; init; }
}
