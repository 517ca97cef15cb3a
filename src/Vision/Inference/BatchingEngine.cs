using System.Collections.Concurrent;
using System.Diagnostics;

namespace FaceCluster.Vision.Inference;

/// <summary>
/// Runs one model on a thread of its own. Pictures queue up and run together: as soon as there are enough of them, or
/// when the first has waited for the batch delay. While a batch runs the next one gathers, so under load the delay is
/// never waited for.
/// </summary>
internal sealed class BatchingEngine : IAsyncDisposable
{
    private readonly OnnxModel _model;
    private readonly TimeSpan _delay;
    private readonly int _maxBatch;
    private readonly VisionInstruments _instruments;
    private readonly BlockingCollection<BatchItem> _queue = [];
    private readonly SemaphoreSlim _room;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[] _input;
    private readonly Memory<float>[] _outputs;
    private double _secondsPerItem;

    /// <summary>Starts the thread and takes over <paramref name="model"/>, which it disposes.</summary>
    public BatchingEngine(OnnxModel model, RuntimeOptions options, VisionInstruments instruments)
    {
        _model = model;
        _delay = options.BatchDelay;
        _maxBatch = model.MaxBatch;
        _instruments = instruments;
        _room = new SemaphoreSlim(options.QueueCapacity);
        _input = GC.AllocateUninitializedArray<float>(_maxBatch * model.InputLength, pinned: true);
        _outputs = [.. model.OutputLengths.Select(length => GC.AllocateUninitializedArray<float>(_maxBatch * length, pinned: true).AsMemory())];
        instruments.ObserveQueue(model.Name, () => QueueLength);
        var thread = new Thread(Loop) { IsBackground = true, Name = $"facecluster {model.Name}" };
        thread.Start();
    }

    public OnnxModel Model => _model;

    /// <summary>Pictures that wait.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Recent time of one picture inside a batch.</summary>
    public TimeSpan TimePerItem => TimeSpan.FromSeconds(Volatile.Read(ref _secondsPerItem));

    /// <summary>
    /// Queues a picture and completes when its outputs were taken over. Waits where the queue is full, which holds the
    /// senders back: they are bounded in number, so nothing grows.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The engine has stopped.</exception>
    public async Task RunAsync(BatchItem item, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        item.Cancellation = cancellationToken;
        item.EnqueuedAt = Stopwatch.GetTimestamp();
        try
        {
            _queue.Add(item, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            _room.Release();
            throw new ObjectDisposedException(nameof(BatchingEngine));
        }

        await item.Completion;
    }

    /// <summary>Finishes what is queued, then stops the thread and closes the model.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_queue.IsAddingCompleted)
        {
            _queue.CompleteAdding();
        }

        await _stopped.Task;
        _model.Dispose();
    }

    private void Loop()
    {
        var batch = new List<BatchItem>(_maxBatch);
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            Take(first, batch);
            Gather(batch, first.EnqueuedAt);
            if (batch.Count > 0)
            {
                Run(batch);
                batch.Clear();
            }
        }

        _stopped.SetResult();
    }

    private void Gather(List<BatchItem> batch, long since)
    {
        while (batch.Count < _maxBatch)
        {
            var left = _delay - Stopwatch.GetElapsedTime(since);
            var wait = left <= TimeSpan.Zero ? 0 : (int)Math.Ceiling(left.TotalMilliseconds);
            if (!_queue.TryTake(out var next, wait))
            {
                return;
            }

            Take(next, batch);
        }
    }

    private void Take(BatchItem item, List<BatchItem> batch)
    {
        _room.Release();
        if (item.Cancellation.IsCancellationRequested)
        {
            item.Cancel();
            return;
        }

        batch.Add(item);
    }

    private void Run(List<BatchItem> batch)
    {
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].WriteInput(_input.AsSpan(i * _model.InputLength, _model.InputLength));
            }

            var start = Stopwatch.GetTimestamp();
            _model.Run(_input, batch.Count, _outputs);
            Record(batch.Count, Stopwatch.GetElapsedTime(start));
            for (var i = 0; i < batch.Count; i++)
            {
                for (var output = 0; output < _outputs.Length; output++)
                {
                    var length = _model.OutputLengths[output];
                    batch[i].ReadOutput(output, _outputs[output].Span.Slice(i * length, length));
                }

                batch[i].Complete();
            }
        }
        catch (Exception error)
        {
            // The thread must outlive any one batch; each sender gets the error (completed items keep their result).
            foreach (var item in batch)
            {
                item.Fail(error);
            }
        }
    }

    private void Record(int count, TimeSpan elapsed)
    {
        var perItem = elapsed.TotalSeconds / count;
        var before = _secondsPerItem;
        Volatile.Write(ref _secondsPerItem, before == 0 ? perItem : (0.9 * before) + (0.1 * perItem));
        _instruments.RecordBatch(_model, count, elapsed);
    }
}
