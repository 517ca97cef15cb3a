namespace FaceCluster.Vision.Inference;

/// <summary>
/// One picture on its way through a model. Both methods are called on the model's own thread and must be quick: they
/// convert or copy, nothing more.
/// </summary>
internal abstract class BatchItem
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes after <see cref="ReadOutput"/> was called for every output.</summary>
    public Task Completion => _completion.Task;

    internal long EnqueuedAt { get; set; }

    internal CancellationToken Cancellation { get; set; }

    /// <summary>Writes the picture as the model expects it.</summary>
    public abstract void WriteInput(Span<float> destination);

    /// <summary>Takes over this picture's values of one output. The span is not valid afterwards.</summary>
    public abstract void ReadOutput(int output, ReadOnlySpan<float> values);

    internal void Complete() => _completion.TrySetResult();

    internal void Fail(Exception error) => _completion.TrySetException(error);

    internal void Cancel() => _completion.TrySetCanceled(Cancellation);
}
