namespace FaceCluster.TrainingData.Packing;

/// <summary>How photographs become faces.</summary>
public enum PackForm
{
    /// <summary>The best face that is found is aligned; a photograph without one is left out.</summary>
    Detect,

    /// <summary>The whole photograph is the box of one face.</summary>
    Whole,

    /// <summary>They are aligned faces of 112x112 already and are copied as they are.</summary>
    Aligned,
}

/// <summary>What to pack.</summary>
public sealed record PackRequest
{
    /// <summary>A folder of pictures, a .csv, a list, or a record file, whose usable faces are written anew.</summary>
    public required string Source { get; init; }

    /// <summary>The folder of the training set, or the .bin file where <see cref="Pairs"/> are given.</summary>
    public required string Output { get; init; }

    /// <summary>How photographs become faces.</summary>
    public PackForm Faces { get; init; } = PackForm.Detect;

    /// <summary>A list of pairs over the source, or null for a training set.</summary>
    public string? Pairs { get; init; }

    /// <summary>People with fewer faces are left out; at least 1.</summary>
    public int MinFaces { get; init; } = 1;

    /// <summary>Folder of the detector and landmark models, or null to look for it.</summary>
    public string? ModelFolder { get; init; }
}

/// <summary>What was packed.</summary>
/// <param name="Faces">Faces of the training set.</param>
/// <param name="Classes">People.</param>
/// <param name="Pairs">Pairs of the verification set.</param>
/// <param name="Refused">What was left out, and why.</param>
public sealed record PackResult(int Faces, int Classes, int Pairs, IReadOnlyList<string> Refused);
