namespace FaceCluster.Training.Data;

/// <summary>
/// A source of finitely many pictures: every batch is a choice among them, so that what a network's unchanging first layers make of
/// each can be computed once. A picture has forms: form 0 as it is, the others changed by chance. Row r is form r / SampleCount
/// of picture r % SampleCount.
/// </summary>
public interface IPictureSource : IBatchSource
{
    /// <summary>Class of each picture, SampleCount of them.</summary>
    ReadOnlySpan<int> PictureLabels { get; }

    /// <summary>How many forms a picture has.</summary>
    /// <param name="wanted">What the configuration says, 0 for nothing.</param>
    /// <exception cref="Fit.FitException">The number does not suit the source's augmentation.</exception>
    int Forms(int wanted);

    /// <summary>What identifies the pictures of all forms.</summary>
    string FormsFingerprint(int forms, long seed);

    /// <summary>All rows in order. The batch is the same object each time, filled anew.</summary>
    /// <param name="forms">As <see cref="Forms"/> gave it.</param>
    /// <param name="seed">Draws the forms.</param>
    /// <param name="cancellationToken">Ends it early, by an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidDataException">A picture cannot be read; the message names it.</exception>
    IEnumerable<FaceBatch> ReadForms(int forms, long seed, CancellationToken cancellationToken);

    /// <summary>The rows that batch number <paramref name="position"/> is made of, and their classes: a function of the number alone.</summary>
    /// <param name="position">Number of the batch.</param>
    /// <param name="forms">As <see cref="Forms"/> gave it.</param>
    /// <param name="rows">BatchSize entries, to be filled.</param>
    /// <param name="labels">Likewise.</param>
    void Choose(long position, int forms, Span<long> rows, Span<long> labels);
}
