namespace FaceCluster.Grains.Shards;

/// <summary>
/// Has concurrent queries share scans: while one scan runs, arriving queries gather, and the next scan takes them
/// together. The busier the shard, the more queries one pass over its memory serves.
/// </summary>
/// <remarks>
/// Lives on the shard's turn; only the scan itself leaves it. Clients whose queries a scan has just answered tend to ask
/// again at once, so the next scan waits for as many queries as there were then, at most <paramref name="gather"/>. A
/// client that is alone never waits: there was one query, and there is one.
/// </remarks>
/// <param name="scan">One result per query, in order.</param>
/// <param name="batch">Queries of one scan at most, unless a single call brings more.</param>
/// <param name="gather">Longest wait for queries that are expected; zero for none.</param>
/// <param name="limit">Waiting queries from which on calls are refused.</param>
/// <param name="time">The clock of the wait.</param>
internal sealed class ScanQueue<TQuery, TResult>(
    Func<IReadOnlyList<TQuery>, Task<TResult[]>> scan, int batch, TimeSpan gather, int limit, TimeProvider time)
{
    private readonly Queue<Waiting> _waiting = new();
    private TaskCompletionSource? _gathered;
    private int _waitingQueries;
    private int _expected;
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
        if (_waitingQueries >= _expected)
        {
            _gathered?.TrySetResult();
        }

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
                await Gather();
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

    private async Task Gather()
    {
        if (_waitingQueries >= _expected || gather <= TimeSpan.Zero)
        {
            return;
        }

        _gathered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(_gathered.Task, Task.Delay(gather, time, enough.Token));
        await enough.CancelAsync();
        _gathered = null;
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
            _expected = Math.Min(batch, queries.Length + _waitingQueries);
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
