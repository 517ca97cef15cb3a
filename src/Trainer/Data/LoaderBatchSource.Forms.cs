using System.IO.Hashing;
using System.Runtime.InteropServices;
using FaceCluster.Training.Fit;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Loading;

namespace FaceCluster.Trainer.Data;

/// <content>
/// The set as finitely many pictures. With mirror images alone a face has two forms, and batches choose between them as the loader
/// would have: the run is the same with and without kept features. Otherwise form 0 is the face and the others are drawn once.
/// </content>
public sealed partial class LoaderBatchSource
{
    // Stream of the random numbers that choose a form; the loader's own begin at 16.
    private const int FormStream = 8;

    // Small enough that the intermediate results of the first layers are not given back to the system after every batch.
    private const int ReadBatchSize = 8;

    private readonly string _pictures;
    private (long Epoch, int[] Order)? _order;

    /// <inheritdoc/>
    public ReadOnlySpan<int> PictureLabels => _dataset.Labels;

    private bool IsMirrored => _options.Augmentation is { Flip: > 0 };

    private bool IsFlipOnly => _options.Augmentation?.IsFlipOnly ?? true;

    /// <inheritdoc/>
    public int Forms(int wanted)
    {
        if (!IsFlipOnly)
        {
            return wanted >= 2 ? wanted : throw new FitException("start.cache.variants must say how many forms of each picture are kept, 2 to 64, since data.augmentation changes pictures by more than mirroring.");
        }

        return wanted == 0 ? (IsMirrored ? 2 : 1) : throw new FitException("start.cache.variants must be left out where data.augmentation only mirrors: both forms of each picture are kept.");
    }

    /// <inheritdoc/>
    public string FormsFingerprint(int forms, long seed) =>
        $"{_pictures}, {forms} forms{(IsFlipOnly ? string.Empty : $" of seed {seed}")}, labels {XxHash3.HashToUInt64(MemoryMarshal.AsBytes(_dataset.Labels)):x}";

    /// <inheritdoc/>
    public IEnumerable<Training.Data.FaceBatch> ReadForms(int forms, long seed, CancellationToken cancellationToken)
    {
        var batch = new Training.Data.FaceBatch(ReadBatchSize, ImageSize);
        for (var form = 0; form < forms; form++)
        {
            var options = _options with
            {
                BatchSize = ReadBatchSize,
                KeepLast = true,
                Seed = seed,
                Augmentation = form == 0 ? null : IsFlipOnly ? AugmentationOptions.FlipOnly with { Flip = 1 } : _options.Augmentation,
            };

            // The loader's epoch is part of what it draws by, so every form is another.
            using var loader = new BatchLoader(_dataset, new SequentialSampler(_dataset), options, new LoaderPosition(form, 0));
            for (var i = 0; i < loader.BatchesPerEpoch; i++)
            {
                Take(loader, batch, cancellationToken);
                yield return batch;
            }
        }
    }

    /// <inheritdoc/>
    public void Choose(long position, int forms, Span<long> rows, Span<long> labels)
    {
        var (epoch, place) = (position / BatchesPerEpoch, (int)(position % BatchesPerEpoch) * BatchSize);
        if (_order is not { } known || known.Epoch != epoch)
        {
            _order = known = (epoch, _sampler.Epoch(epoch));
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var picture = known.Order[place + i];
            rows[i] = picture + ((long)Form(epoch, place + i, forms) * _dataset.Count);
            labels[i] = _dataset.Labels[picture];
        }
    }

    private int Form(long epoch, int place, int forms)
    {
        if (IsFlipOnly)
        {
            // The loader's first draw for this place decides whether it mirrors.
            var flip = RandomSource.At(_options.Seed, 16 + epoch, place);
            return IsMirrored && flip.Chance(_options.Augmentation!.Flip) ? 1 : 0;
        }

        return RandomSource.At(_options.Seed, FormStream + epoch * 0x10000, place).Next(forms);
    }

    private static void Take(BatchLoader loader, Training.Data.FaceBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            using var taken = loader.Take(cancellationToken);
            batch.Count = taken.Count;
            taken.Pixels.Span.CopyTo(batch.Pixels);
            taken.Labels.CopyTo(batch.Labels);
        }
        catch (TrainingData.TrainingDataException error)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }
}
