namespace FaceCluster.Training.Data;

/// <summary>
/// The endless stream of batches a training run reads. The contract that makes runs repeatable: batch number k is a function of
/// the source's settings and k alone (shuffling, sampling and augmentation included), so a run resumed at batch k reads what the
/// interrupted one would have read.
/// </summary>
public interface IBatchSource : IDisposable
{
    /// <summary>Number of identities; labels lie in [0, ClassCount).</summary>
    int ClassCount { get; }

    /// <summary>Number of pictures of one pass over the set.</summary>
    long SampleCount { get; }

    /// <summary>Pictures of every batch.</summary>
    int BatchSize { get; }

    /// <summary>Width and height of every picture in pixels.</summary>
    int ImageSize { get; }

    /// <summary>Batches of one pass (an epoch), at least 1.</summary>
    long BatchesPerEpoch { get; }

    /// <summary>
    /// What identifies the set and its order (name, counts, seed, sampler, augmentation): a checkpoint of a run with another
    /// fingerprint is refused, because it could not resume bit by bit.
    /// </summary>
    string Fingerprint { get; }

    /// <summary>Number of the batch the next call reads, from 0 at the start of a run.</summary>
    long Position { get; }

    /// <summary>Continues at batch <paramref name="position"/>, not negative.</summary>
    void Seek(long position);

    /// <summary>Fills the batch with the next one and moves the position on by one.</summary>
    /// <exception cref="InvalidDataException">A picture of the set cannot be read; the message names it.</exception>
    void Read(FaceBatch batch, CancellationToken cancellationToken = default);
}
