namespace FaceCluster.Vision;

/// <summary>Too many pictures are in the engine; nothing was done for this one. Send it again after the delay.</summary>
public sealed class VisionOverloadedException(TimeSpan retryAfter)
    : Exception($"Too many pictures are waiting; try again in {retryAfter.TotalMilliseconds:0} ms.")
{
    /// <summary>When room is expected.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
