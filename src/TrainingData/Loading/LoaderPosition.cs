namespace FaceCluster.TrainingData.Loading;

/// <summary>A place in the stream of batches: everything before it has been seen.</summary>
/// <param name="Epoch">Number of the epoch, from 0.</param>
/// <param name="Batch">Number of the batch within it, from 0.</param>
public readonly record struct LoaderPosition(long Epoch, int Batch)
{
    /// <summary>The beginning.</summary>
    public static LoaderPosition Start => default;
}
