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
public sealed class ComputePool : IDisposable
{
    private readonly ConcurrentExclusiveSchedulerPair _pair;
    private readonly SemaphoreSlim _long = new(1);

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

    /// <summary>
    /// Runs a computation of seconds to minutes on a thread of its own, so that scans keep theirs; one in the silo at a
    /// time, the others wait.
    /// </summary>
    public async Task RunLong(Action compute, CancellationToken cancellationToken = default)
    {
        await _long.WaitAsync(cancellationToken);
        try
        {
            await Task.Factory.StartNew(compute, cancellationToken, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _long.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _long.Dispose();

    /// <summary>Runs a computation; the caller's turn goes on meanwhile.</summary>
    public Task<T> Run<T>(Func<T> compute, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(compute, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler);
}
