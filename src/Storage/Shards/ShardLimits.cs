namespace FaceCluster.Storage;

/// <summary>Limits on one record. A record beyond them is refused with an <see cref="ArgumentException"/> that names the limit.</summary>
public static class ShardLimits
{
    /// <summary>Largest record in bytes, embeddings included.</summary>
    public const int MaxRecordBytes = 64 << 20;

    /// <summary>Longest camera name in UTF-8 bytes.</summary>
    public const int MaxCameraBytes = 512;

    /// <summary>Longest track id in UTF-8 bytes.</summary>
    public const int MaxTrackIdBytes = 256;

    /// <summary>Longest reason of a refusal in UTF-8 bytes.</summary>
    public const int MaxReasonBytes = 64;

    /// <summary>Longest message of a refusal in UTF-8 bytes.</summary>
    public const int MaxMessageBytes = 1024;

    /// <summary>Longest candidate list.</summary>
    public const int MaxCandidates = 255;

    /// <summary>Longest embedding.</summary>
    public const int MaxDimension = 8192;

    internal static void CheckDimension(int dimension)
    {
        if (dimension is <= 0 or > MaxDimension || dimension % 8 != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(dimension), dimension, $"The dimension of an embedding is a multiple of 8 from 8 to {MaxDimension}.");
        }
    }
}
