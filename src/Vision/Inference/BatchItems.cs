namespace FaceCluster.Vision.Inference;

/// <summary>Runs several pictures through one model.</summary>
internal static class BatchItems
{
    /// <summary>
    /// Queues all items and completes when none is touched by the model's thread any more, also where one fails or the
    /// caller gives up: the items refer to memory that the caller is about to return.
    /// </summary>
    public static Task RunAllAsync(BatchingEngine engine, IReadOnlyList<BatchItem> items, CancellationToken cancellationToken) =>
        items.Count == 1
            ? engine.RunAsync(items[0], cancellationToken)
            : Task.WhenAll(items.Select(item => engine.RunAsync(item, cancellationToken)));
}
