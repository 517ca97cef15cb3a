namespace FaceCluster.Index;

/// <summary>Where the work of a scan runs, so that it stays off grain turns and within its share of the cores.</summary>
public sealed record ScanScheduling
{
    /// <summary>Runs on the calling thread; the returned task is already complete.</summary>
    public static ScanScheduling Inline { get; } = new(null, 1);

    private ScanScheduling(TaskScheduler? scheduler, int degree)
    {
        Scheduler = scheduler;
        Degree = degree;
    }

    /// <summary>The scheduler, or null for the calling thread.</summary>
    public TaskScheduler? Scheduler { get; }

    /// <summary>The largest number of workers one scan is split over.</summary>
    public int Degree { get; }

    /// <summary>At most <paramref name="degree"/> workers per scan on <paramref name="scheduler"/>.</summary>
    public static ScanScheduling On(TaskScheduler scheduler, int degree)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        return new ScanScheduling(scheduler, degree);
    }
}
