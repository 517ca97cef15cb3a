using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Models;

namespace FaceCluster.TrainingData.Loading;

/// <summary>
/// Reads, decodes and augments batches ahead of their use, on threads of its own. What it gives depends only on the data,
/// the sampler, the options and the place, not on the number of threads or their timing: the random numbers of a face
/// are those of its place.
/// </summary>
/// <remarks>
/// One thread takes batches. Memory is bounded by <see cref="LoaderOptions.Ahead"/> batches. The loader neither owns nor
/// disposes the data set, which must outlive it.
/// </remarks>
public sealed class BatchLoader : IDisposable
{
    private readonly FaceDataset _dataset;
    private readonly FaceSampler _sampler;
    private readonly LoaderOptions _options;
    private readonly PlanarWriter _writer;
    private readonly Augmenter? _augmenter;
    private readonly Lock _gate = new();
    private readonly Queue<Pending> _ahead = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Queue<(Pending Batch, int Slot)> _slots = new();
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _stop = new();
    private LoaderPosition _nextToPlan;
    private (long Epoch, int[] Order)? _order;

    /// <param name="dataset">Where faces come from.</param>
    /// <param name="sampler">Their order.</param>
    /// <param name="options">How batches are made.</param>
    /// <param name="start">Where to begin: <see cref="FaceBatch.Next"/> of the last batch trained on.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the batch size does not suit the sampler.</exception>
    /// <exception cref="TrainingDataException">The data is smaller than one batch.</exception>
    public BatchLoader(FaceDataset dataset, FaceSampler sampler, LoaderOptions options, LoaderPosition start = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.BatchSize % sampler.BatchUnit != 0)
        {
            throw new ArgumentException($"The batch size {options.BatchSize} must be a multiple of {sampler.BatchUnit}, which the sampler draws together.", nameof(options));
        }

        (_dataset, _sampler, _options) = (dataset, sampler, options);
        var whole = sampler.EpochLength / options.BatchSize;
        BatchesPerEpoch = options.KeepLast && sampler.EpochLength % options.BatchSize > 0 ? whole + 1 : whole;
        if (BatchesPerEpoch == 0)
        {
            throw new TrainingDataException($"{dataset.Name} gives {sampler.EpochLength} faces an epoch, fewer than one batch of {options.BatchSize}.");
        }

        if (start.Epoch < 0 || start.Batch < 0 || start.Batch > BatchesPerEpoch)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, $"An epoch has {BatchesPerEpoch} batches.");
        }

        _writer = new PlanarWriter(options.ColorOrder == ColorOrder.Bgr, [options.Mean], [options.Scale]);
        _augmenter = options.Augmentation is { } augmentation ? new Augmenter(augmentation) : null;
        _nextToPlan = Carry(start);
        Position = _nextToPlan;
        for (var i = 0; i < options.Ahead; i++)
        {
            Plan();
        }

        var count = options.Threads > 0 ? options.Threads : Math.Max(1, Environment.ProcessorCount - 1);
        _threads = [.. Enumerable.Range(0, count).Select(i => new Thread(Work) { IsBackground = true, Name = $"facecluster loader {i}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Batches in an epoch.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>The place of the batch that <see cref="Take"/> gives next.</summary>
    public LoaderPosition Position { get; private set; }

    /// <summary>
    /// Waits for the next batch; epochs follow one another without end. It blocks the calling thread, which is that of
    /// the training loop and has nothing else to do.
    /// </summary>
    /// <exception cref="TrainingDataException">A face of the batch cannot be read or decoded; it is named.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the same batch can be taken again.</exception>
    public FaceBatch Take(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var pending = _ahead.Peek();
        pending.Done.Wait(cancellationToken);
        _ahead.Dequeue();
        Position = pending.Batch.Next;
        Plan();
        if (pending.Error is { } error)
        {
            pending.Batch.Dispose();
            pending.Done.Dispose();
            throw new TrainingDataException(error.Message, error);
        }

        pending.Done.Dispose();
        return pending.Batch;
    }

    /// <summary>Stops the threads.</summary>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _stop.Cancel();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        while (_ahead.TryDequeue(out var pending))
        {
            pending.Batch.Dispose();
            pending.Done.Dispose();
        }

        _stop.Dispose();
        _work.Dispose();
    }

    /// <summary>Lays out the next batch and hands its faces to the threads.</summary>
    private void Plan()
    {
        var position = _nextToPlan;
        if (_order is not { } known || known.Epoch != position.Epoch)
        {
            _order = known = (position.Epoch, _sampler.Epoch(position.Epoch));
        }

        var first = position.Batch * _options.BatchSize;
        var count = Math.Min(_options.BatchSize, known.Order.Length - first);
        _nextToPlan = Carry(position with { Batch = position.Batch + 1 });
        var pending = new Pending(new FaceBatch(count, _options.ImageSize, position, _nextToPlan), first, count);
        known.Order.AsSpan(first, count).CopyTo(pending.Batch.Indices);
        _ahead.Enqueue(pending);
        lock (_gate)
        {
            for (var slot = 0; slot < count; slot++)
            {
                _slots.Enqueue((pending, slot));
            }
        }

        _work.Release(count);
    }

    private LoaderPosition Carry(LoaderPosition position) =>
        position.Batch >= BatchesPerEpoch ? new LoaderPosition(position.Epoch + 1, 0) : position;

    private void Work()
    {
        try
        {
            while (true)
            {
                _work.Wait(_stop.Token);
                (Pending Batch, int Slot) next;
                lock (_gate)
                {
                    next = _slots.Dequeue();
                }

                Fill(next.Batch, next.Slot);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Fill(Pending pending, int slot)
    {
        try
        {
            var batch = pending.Batch;
            var index = batch.Indices[slot];
            batch.Labels[slot] = _dataset.Labels[index];
            var picture = _dataset.Read(index);
            try
            {
                if (_augmenter is not null)
                {
                    var random = RandomSource.At(_options.Seed, 16 + batch.Position.Epoch, pending.First + slot);
                    _augmenter.Apply(ref picture, ref random);
                }

                if (picture.Width != _options.ImageSize)
                {
                    using var whole = picture;
                    picture = ImageScaler.Scale(whole, _options.ImageSize, _options.ImageSize);
                }

                Write(picture, batch.Array.AsSpan(slot * batch.FaceLength, batch.FaceLength));
            }
            finally
            {
                picture.Dispose();
            }
        }
        catch (Exception error)
        {
            // The taker of the batch throws it; a background thread must not end the process.
            pending.Fail(error);
        }

        pending.Finish();
    }

    private void Write(PixelBuffer picture, Span<float> planes)
    {
        var side = picture.Width;
        var pixels = picture.Pixels;
        for (var y = 0; y < side; y++)
        {
            _writer.WriteRow(pixels.Slice(y * side, side), planes, side * side, y * side);
        }
    }

    /// <summary>A batch on its way.</summary>
    private sealed class Pending(FaceBatch batch, int first, int count)
    {
        private int _open = count;
        private Exception? _error;

        public FaceBatch Batch => batch;

        /// <summary>Place of its first face within the epoch.</summary>
        public int First => first;

        public ManualResetEventSlim Done { get; } = new();

        public Exception? Error => _error;

        public void Fail(Exception error) => Interlocked.CompareExchange(ref _error, error, null);

        public void Finish()
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                Done.Set();
            }
        }
    }
}
