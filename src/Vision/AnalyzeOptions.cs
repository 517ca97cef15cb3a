namespace FaceCluster.Vision;

/// <summary>What is wanted of one picture.</summary>
public sealed record AnalyzeOptions
{
    public static AnalyzeOptions Default { get; } = new();

    /// <summary>Faces wanted at most, best score first; 0 takes the engine's limit, which is never exceeded.</summary>
    public int MaxFaces { get; init; }

    /// <summary>Whether the aligned crops come back as JPEG.</summary>
    public bool IncludeCrops { get; init; }
}
