namespace FaceCluster.Grains;

/// <summary>Limits of a shard.</summary>
public sealed class ShardOptions
{
    /// <summary>Faces that one linking round compares at once, 1 to 32 (a request then stays below 64 KiB).</summary>
    public int LinkBatch { get; set; } = 32;

    /// <summary>Queries that wait for a scan of one shard at most; more are refused with RESOURCE_EXHAUSTED.</summary>
    public int MaxWaitingQueries { get; set; } = 4096;

    /// <summary>Queries that one scan serves at most; 1 gives every query a scan of its own.</summary>
    public int ScanBatch { get; set; } = 32;

    /// <summary>
    /// How long a scan waits at most for the queries it may expect: as many as there were when the last one ended. Nobody
    /// who searches alone waits; zero starts every scan at once.
    /// </summary>
    public TimeSpan ScanGather { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>One in this many approximate searches is repeated exactly, to measure recall.</summary>
    public int RecallEvery { get; set; } = 100;

    /// <summary>Faces not yet linked at which appends are refused with RESOURCE_EXHAUSTED until linking has caught up.</summary>
    public int MaxUnlinked { get; set; } = 1_000_000;

    /// <summary>First wait before a failed linking round is tried again; doubles up to 5 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a shard asks its store whether it still owns it.</summary>
    public TimeSpan ConfirmPeriod { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Age of the last answer from which on calls are refused; three periods or more.</summary>
    public TimeSpan ConfirmPatience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after a split that failed, or could not begin, a shard past the limit tries again.</summary>
    public TimeSpan SplitRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after a deletion the store is rewritten without the deleted bytes.</summary>
    public TimeSpan CompactionDelay { get; set; } = TimeSpan.FromSeconds(10);
}
