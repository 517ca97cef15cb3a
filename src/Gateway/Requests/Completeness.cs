using FaceCluster.Gateway.Errors;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Requests;

/// <summary>
/// Whether an answer has everything it should. By default a part of the collection that cannot be reached fails the call,
/// by name; a caller who allows a partial answer gets what the others have, and the names of those that are missing in it.
/// </summary>
internal sealed class Completeness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _unreachable = new(StringComparer.Ordinal);
    private readonly string _collection;
    private readonly bool _partial;
    private readonly TimeSpan _patience;

    private Completeness(string collection, bool partial, TimeSpan patience) => (_collection, _partial, _patience) = (collection, partial, patience);

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

    /// <summary>What a call allows. A part is waited for at most 3 s, or half of the call's time.</summary>
    public static Completeness Of(string collection, bool allowPartial, ServerCallContext context, TimeProvider time)
    {
        var half = context.Deadline == DateTime.MaxValue ? Patience : (context.Deadline - time.GetUtcNow().UtcDateTime) / 2;
        return new Completeness(collection, allowPartial, half < Patience ? TimeSpan.FromMilliseconds(Math.Max(1, half.TotalMilliseconds)) : Patience);
    }

    /// <summary>Demands everything.</summary>
    public static Completeness Whole(string collection) => new(collection, partial: false, Patience);

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
        if (_partial)
        {
            giveUp.CancelAfter(_patience);
        }

        try
        {
            return await GrainCalls.RepeatAsync(() => read(giveUp.Token), giveUp.Token).AsTask().WaitAsync(giveUp.Token);
        }
        catch (Exception exception) when (IsUnreachable(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (!_partial)
            {
                throw ApiError.Status(
                    StatusCode.Unavailable,
                    ErrorReason.PartUnreachable.Name(),
                    $"{name} cannot be reached now. Repeat the call; where it allows a partial answer, allow_partial gives what can be reached.",
                    metadata: new Dictionary<string, string> { ["unreachable"] = name }).ToRpcException();
            }

            lock (_lock)
            {
                _unreachable.Add(name);
            }

            return otherwise;
        }
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
