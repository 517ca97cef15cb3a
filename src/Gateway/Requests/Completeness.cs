using FaceCluster.Gateway.Errors;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Requests;

/// <summary>
/// Whether an answer has everything it should. By default a part of the collection that cannot be reached fails the call,
/// by name; a caller who allows a partial answer gets what the others have, and the names of those that are missing in it.
/// </summary>
/// <remarks>
/// A part of a whole answer is waited for until shortly before the call's deadline: an error that says what is missing beats
/// a bare deadline. Parts that are asked at the same time all end before the call fails, so it names all that are missing.
/// </remarks>
internal sealed class Completeness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _unreachable = new(StringComparer.Ordinal);
    private readonly string _collection;
    private readonly bool _partial;
    private readonly TimeProvider _time;
    private readonly DateTime _end;

    private Completeness(string collection, bool partial, TimeProvider time, DateTime end) =>
        (_collection, _partial, _time, _end) = (collection, partial, time, end);

    /// <summary>The names of the parts that were not reached.</summary>
    public IReadOnlyList<string> Unreachable
    {
        get
        {
            lock (_lock)
            {
                return [.. _unreachable];
            }
        }
    }

    /// <summary>
    /// What a call allows. All parts have until <see cref="CallTime.EndOfWait"/>; one that may
    /// be missing is waited for at most 3 s, or half of what is left.
    /// </summary>
    public static Completeness Of(string collection, bool allowPartial, ServerCallContext context, TimeProvider time) =>
        new(collection, allowPartial, time, CallTime.EndOfWait(context.Deadline, time.GetUtcNow().UtcDateTime));

    /// <summary>Demands everything.</summary>
    public static Completeness Whole(string collection) => new(collection, partial: false, TimeProvider.System, DateTime.MaxValue);

    /// <summary>Demands everything in the same time: for what an answer cannot do without.</summary>
    public Completeness AsWhole() => new(_collection, partial: false, _time, _end);

    /// <summary>Reads from a shard.</summary>
    public Task<T> ShardAsync<T>(int shard, Func<CancellationToken, ValueTask<T>> read, T otherwise, CancellationToken cancellationToken) =>
        PartAsync($"shards/{shard}", read, otherwise, cancellationToken);

    /// <summary>Reads from where the clusters are.</summary>
    public Task<T> ClustersAsync<T>(Func<CancellationToken, ValueTask<T>> read, T otherwise, CancellationToken cancellationToken = default) =>
        PartAsync("clusters", read, otherwise, cancellationToken);

    /// <summary>Reads from where the identities are.</summary>
    public Task<T> IdentitiesAsync<T>(Func<CancellationToken, ValueTask<T>> read, T otherwise, CancellationToken cancellationToken = default) =>
        PartAsync("identities", read, otherwise, cancellationToken);

    private async Task<T> PartAsync<T>(string part, Func<CancellationToken, ValueTask<T>> read, T otherwise, CancellationToken cancellationToken)
    {
        var name = $"{ResourceNames.Collection(_collection)}/{part}";
        if (_partial && IsMissing(name))
        {
            // Waited for once; what comes from it later in the same answer would not make it whole.
            return otherwise;
        }

        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (Budget() is { } budget)
        {
            giveUp.CancelAfter(budget);
        }

        try
        {
            return await GrainCalls.RepeatAsync(() => read(giveUp.Token), giveUp.Token).AsTask().WaitAsync(giveUp.Token);
        }
        catch (Exception exception) when (IsUnreachable(exception) && !cancellationToken.IsCancellationRequested)
        {
            lock (_lock)
            {
                _unreachable.Add(name);
            }

            return _partial ? otherwise : throw new PartsUnreachableException(this, exception);
        }
    }

    /// <summary>How long a part that is asked now is waited for; null: as long as its silo lets a call last.</summary>
    private TimeSpan? Budget()
    {
        if (_end == DateTime.MaxValue)
        {
            return _partial ? Patience : null;
        }

        var left = _end - _time.GetUtcNow().UtcDateTime;
        if (!_partial)
        {
            // Who is asked when no time is left is not out of reach.
            return left > TimeSpan.Zero
                ? left
                : throw ApiError.Exception(StatusCode.DeadlineExceeded, ErrorReason.DeadlineExceeded, "The deadline passed before the answer was there.");
        }

        var half = left / 2;
        return half > Patience ? Patience : half > TimeSpan.Zero ? half : TimeSpan.FromMilliseconds(1);
    }

    private bool IsMissing(string name)
    {
        lock (_lock)
        {
            return _unreachable.Contains(name);
        }
    }

    private static bool IsUnreachable(Exception exception) =>
        exception is TimeoutException or OperationCanceledException or OrleansException
        || (exception is DomainException { Status: DomainStatus.Unavailable } && !ShardRetired.Is(exception));
}
