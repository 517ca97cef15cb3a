using System.Diagnostics;
using FaceCluster.Grains;

namespace FaceCluster.Gateway;

/// <summary>Repeats calls of shards that just move to another silo.</summary>
internal static class GrainCalls
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2),
    ];

    // A gateway by itself waits 4 s for a silo, see the membership's options: a silo that is held up costs two such waits.
    private static readonly TimeSpan TimeoutPatience = TimeSpan.FromSeconds(7);

    /// <summary>
    /// Runs a call that is harmless to repeat, again and again for some four seconds where a shard was fenced or its silo rejected the
    /// message; after a timeout only while less than <see cref="TimeoutPatience"/> has passed, since it has cost the caller
    /// much of the time it has.
    /// </summary>
    public static async ValueTask<T> RepeatAsync<T>(Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (
                attempt < Delays.Length && (IsTransient(exception) || (exception is TimeoutException && Stopwatch.GetElapsedTime(started) < TimeoutPatience)))
            {
                await Task.Delay(Delays[attempt], cancellationToken);
            }
        }
    }

    private static bool IsTransient(Exception exception) =>
        exception is OrleansMessageRejectionException || (exception is DomainException { Status: DomainStatus.Unavailable } && !ShardRetired.Is(exception));
}
