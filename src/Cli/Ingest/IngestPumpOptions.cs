namespace FaceCluster.Cli.Ingest;

/// <summary>How a camera's stream behaves.</summary>
public sealed record IngestPumpOptions
{
    /// <summary>Most items per block; the API takes at most 32.</summary>
    public int BlockItems { get; init; } = 32;

    /// <summary>A block is closed once it holds so many bytes.</summary>
    public int BlockBytes { get; init; } = 1 << 20;

    /// <summary>Most items that are sent and not acknowledged.</summary>
    public int Window { get; init; } = 64;

    /// <summary>First wait after a lost connection; it doubles up to <see cref="LongestDelay"/>.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait between two attempts.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gives up when nothing was acknowledged for so long while the connection was lost.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(5);
}
