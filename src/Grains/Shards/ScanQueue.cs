namespace FaceCluster.Grains.Shards;

/// <summary>
/// Has concurrent queries share scans: while one scan runs, arriving queries gather, and the next scan takes them
/// together. Nobody waits for a timer, and the busier the shard, the more queries one pass over its memory serves.
/// </summary>
/// <remarks>Lives on the shard's turn; only the scan itself leaves it.</remarks>
internal sealed class ScanQueue<TQuery, TResult>(Func<IReadOnlyList<TQuery>, Task<TResult[]>> scan, int batch, int limit)
{
    private readonly Queue<Waiting> _waiting = new();
    private int _waitingQueries;
    private bool _running;

    private sealed record Waiting(IReadOnlyList<TQuery> Queries, TaskCompletionSource<TResult[]> Done, CancellationToken Cancellation);

    /// <summary>One result per query, in order.</summary>
    public Task<TResult[]> Run(IReadOnlyList<TQuery> queries, CancellationToken cancellationToken)
    {
        if (queries.Count == 0)
        {
            return Task.FromResult(Array.Empty<TResult>());
        }

        if (_waitingQueries >= limit)
        {
            throw new DomainException(DomainStatus.ResourceExhausted, "SEARCH_OVERLOADED", $"{_waitingQueries} queries wait for the shard already; repeat after a short delay.");
        }

        var waiting = new Waiting(queries, new TaskCompletionSource<TResult[]>(TaskCreationOptions.RunContinuationsAsynchronously), cancellationToken);
        _waiting.Enqueue(waiting);
        _waitingQueries += queries.Count;
        if (!_running)
        {
            _running = true;
            _ = PumpAsync();
        }

        return waiting.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task PumpAsync()
    {
        try
        {
            while (_waiting.Count > 0)
            {
                var round = Take();
                if (round.Count > 0)
                {
                    await Serve(round);
                }
            }
        }
        finally
        {
            _running = false;
        }
    }

    private List<Waiting> Take()
    {
        var round = new List<Waiting>();
        var queries = 0;
        while (_waiting.TryPeek(out var next) && (round.Count == 0 || queries + next.Queries.Count <= batch))
        {
            _waiting.Dequeue();
            _waitingQueries -= next.Queries.Count;
            if (!next.Cancellation.IsCancellationRequested)
            {
                round.Add(next);
                queries += next.Queries.Count;
            }
        }

        return round;
    }

    private async Task Serve(List<Waiting> round)
    {
        try
        {
            TQuery[] queries = [.. round.SelectMany(static waiting => waiting.Queries)];
            var results = await scan(queries);
            ShardInstruments.Scanned(queries.Length);
            var first = 0;
            foreach (var waiting in round)
            {
                waiting.Done.TrySetResult(results.AsSpan(first, waiting.Queries.Count).ToArray());
                first += waiting.Queries.Count;
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            foreach (var waiting in round)
            {
                waiting.Done.TrySetException(error);
            }
        }
    }
}
