namespace FaceCluster.Vision.Inference;

/// <summary>How the models are run.</summary>
public sealed class RuntimeOptions
{
    /// <summary>The provider asked for. Default: the processor.</summary>
    public InferenceProvider Provider { get; set; }

    /// <summary>Number of the GPU. Default 0.</summary>
    public int DeviceId { get; set; }

    /// <summary>Whether to run on the processor where <see cref="Provider"/> is not available. Default: no, starting fails.</summary>
    public bool AllowCpuFallback { get; set; }

    /// <summary>Threads that share one run of a model on the processor. Default 0: one per core.</summary>
    public int IntraOpThreads { get; set; }

    /// <summary>Whether a model whose batch cannot be set free runs one picture at a time. Default: no, it is refused.</summary>
    public bool AllowFixedBatch { get; set; }

    /// <summary>
    /// Pictures per run at most. Default 0: 32 on a GPU, 8 on the processor, where larger batches leave its caches and
    /// cost more per picture.
    /// </summary>
    public int MaxBatch { get; set; }

    /// <summary>How long the first picture of a batch waits for company. Default 4 ms.</summary>
    public TimeSpan BatchDelay { get; set; } = TimeSpan.FromMilliseconds(4);

    /// <summary>Pictures that may wait for one model; more make their senders wait. Default 256.</summary>
    public int QueueCapacity { get; set; } = 256;

    internal int MaxBatchOn(InferenceProvider provider) =>
        MaxBatch > 0 ? MaxBatch : provider == InferenceProvider.Cpu ? 8 : 32;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(DeviceId, nameof(DeviceId));
        ArgumentOutOfRangeException.ThrowIfNegative(IntraOpThreads, nameof(IntraOpThreads));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxBatch, nameof(MaxBatch));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchDelay, TimeSpan.Zero, nameof(BatchDelay));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(QueueCapacity, nameof(QueueCapacity));
    }
}
