using FaceCluster.Grains;

namespace FaceCluster.Gateway;

/// <summary>Repeats calls of shards that just move to another silo.</summary>
internal static class GrainCalls
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2),
    ];

    /// <summary>
    /// Runs a call that is harmless to repeat, again and again for some four seconds where a shard was fenced or its silo rejected the
    /// message. A timeout is not repeated: it has already cost the caller the time it has.
    /// </summary>
    public static async ValueTask<T> RepeatAsync<T>(Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (attempt < Delays.Length && IsTransient(exception))
            {
                await Task.Delay(Delays[attempt], cancellationToken);
            }
        }
    }

    private static bool IsTransient(Exception exception) =>
        exception is OrleansMessageRejectionException or DomainException { Status: DomainStatus.Unavailable };
}
