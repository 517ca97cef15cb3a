using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains.Shards;

internal sealed partial class ShardGrain
{
    [LoggerMessage(1001, LogLevel.Information, "Shard {Collection}/{Shard} opened with {Faces} faces at epoch {Epoch} in {Milliseconds:F0} ms.")]
    private static partial void LogOpened(ILogger logger, string collection, int shard, long faces, long epoch, double milliseconds);

    [LoggerMessage(1002, LogLevel.Warning, "Shard {Collection}/{Shard} lost its store and closes.")]
    private static partial void LogStoreLost(ILogger logger, string collection, int shard, Exception error);

    [LoggerMessage(1003, LogLevel.Warning, "Shard {Collection}/{Shard}: a linking round failed; it is repeated.")]
    private static partial void LogLinkFailed(ILogger logger, string collection, int shard, Exception error);

    [LoggerMessage(1004, LogLevel.Warning, "Shard {Collection}/{Shard}: the compaction failed; it is repeated.")]
    private static partial void LogCompactionFailed(ILogger logger, string collection, int shard, Exception error);

    [LoggerMessage(1005, LogLevel.Warning, "Shard {Collection}/{Shard}: telling other shards of a deletion failed; it is repeated.")]
    private static partial void LogForgetFailed(ILogger logger, string collection, int shard, Exception error);

    [LoggerMessage(1006, LogLevel.Information, "Shard {Collection}/{Shard} was split into {Left} and {Right}: {Faces} faces in {Milliseconds:F0} ms, of which writes waited {HeldMilliseconds:F0} ms.")]
    private static partial void LogSplit(ILogger logger, string collection, int shard, int left, int right, long faces, double milliseconds, double heldMilliseconds);

    [LoggerMessage(1007, LogLevel.Warning, "Shard {Collection}/{Shard}: the split failed and was taken back.")]
    private static partial void LogSplitFailed(ILogger logger, string collection, int shard, Exception error);

    [LoggerMessage(1008, LogLevel.Warning, "Shard {Collection}/{Shard} has {Faces} faces, more than the collection's limit, but all are of one camera slot: it is not split.")]
    private static partial void LogNotDivisible(ILogger logger, string collection, int shard, long faces);

    [LoggerMessage(1009, LogLevel.Warning, "Shard {Collection}/{Shard}: removing what a split left behind failed; it is repeated.")]
    private static partial void LogTidyFailed(ILogger logger, string collection, int shard, Exception error);
}
