namespace FaceCluster.Storage;

/// <summary>What a data directory must offer.</summary>
public sealed record DataDirectoryOptions
{
    /// <summary>Free bytes that must be left on its file system when it is opened; 0 for no check.</summary>
    public long MinFreeBytes { get; init; } = 256L << 20;
}
