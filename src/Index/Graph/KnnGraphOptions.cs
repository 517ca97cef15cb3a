namespace FaceCluster.Index.Graph;

/// <summary>How a neighbour graph is built.</summary>
public sealed record KnnGraphOptions
{
    /// <summary>Length of the lists, at least 1.</summary>
    public int K { get; init; } = 80;

    /// <summary>
    /// Whether a row is in its own list, as the learn-to-cluster files have it. It counts towards <see cref="K"/>.
    /// </summary>
    public bool IncludeSelf { get; init; }

    /// <summary>Where the work runs.</summary>
    public ScanScheduling Scheduling { get; init; } = ScanScheduling.Inline;

    /// <summary>Told the finished share of the work, from 0 to 1, from worker threads.</summary>
    public IProgress<double>? Progress { get; init; }
}
