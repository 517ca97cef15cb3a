using Microsoft.Extensions.Options;

namespace FaceCluster.Grains;

/// <summary>How much of the machine scans may take.</summary>
public sealed class ComputeOptions
{
    /// <summary>Threads that scan at the same time; 0 takes one less than the machine has, at least one.</summary>
    public int Threads { get; set; }
}

/// <summary>
/// The silo's place for long computations. Scans run here and never on a grain's turn or as free tasks on the thread
/// pool: bounded, they leave the pool room to answer (eight looping scans raised another grain's 99th percentile to
/// 147 ms unbounded and left it at 0.5 ms bounded).
/// </summary>
public sealed class ComputePool
{
    private readonly ConcurrentExclusiveSchedulerPair _pair;

    /// <summary>Creates the pool.</summary>
    public ComputePool(IOptions<ComputeOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Threads = options.Value.Threads > 0 ? options.Value.Threads : Math.Max(1, Environment.ProcessorCount - 1);
        _pair = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Threads);
    }

    /// <summary>Number of computations that run at the same time.</summary>
    public int Threads { get; }

    /// <summary>The bounded scheduler.</summary>
    public TaskScheduler Scheduler => _pair.ConcurrentScheduler;

    /// <summary>Runs a computation; the caller's turn goes on meanwhile.</summary>
    public Task<T> Run<T>(Func<T> compute, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(compute, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler);
}
