using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.Vision.Models;

namespace FaceCluster.TrainingData.Loading;

/// <summary>How batches are made.</summary>
public sealed record LoaderOptions
{
    /// <summary>Faces in a batch, at least 1.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Width and height in pixels that faces are scaled to after augmentation, 16 to 448. Default 112: not scaled.</summary>
    public int ImageSize { get; init; } = FaceDataset.Side;

    /// <summary>Threads that decode and augment. Default 0: one for each core but one, at least one.</summary>
    public int Threads { get; init; }

    /// <summary>Finished or unfinished batches ahead of the one in use, 1 to 64. Default 4.</summary>
    public int Ahead { get; init; } = 4;

    /// <summary>Seed of the augmentation; the order has its own in the sampler.</summary>
    public long Seed { get; init; }

    /// <summary>Order of the planes. Default RGB.</summary>
    public ColorOrder ColorOrder { get; init; } = ColorOrder.Rgb;

    /// <summary>Subtracted from each byte. Default 127.5.</summary>
    public float Mean { get; init; } = 127.5f;

    /// <summary>Multiplied afterwards. Default 1/127.5.</summary>
    public float Scale { get; init; } = 1 / 127.5f;

    /// <summary>What is changed at random; null for nothing.</summary>
    public AugmentationOptions? Augmentation { get; init; }

    /// <summary>
    /// Whether an epoch's last, smaller batch is given too. Default: it is left out, since batch statistics over a few
    /// faces are noise.
    /// </summary>
    public bool KeepLast { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; it is named.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfNegative(Threads, nameof(Threads));
        if (ImageSize is < 16 or > 448)
        {
            throw new ArgumentOutOfRangeException(nameof(ImageSize), ImageSize, "must be between 16 and 448.");
        }

        if (Ahead is < 1 or > 64)
        {
            throw new ArgumentOutOfRangeException(nameof(Ahead), Ahead, "must be between 1 and 64.");
        }

        if (!float.IsFinite(Mean) || !float.IsFinite(Scale) || Scale == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Scale), Scale, "Mean and scale must be finite, and the scale not 0.");
        }

        Augmentation?.Validate();
    }
}
