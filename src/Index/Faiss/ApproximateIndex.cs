namespace FaceCluster.Index.Faiss;

/// <summary>
/// Answers for the older rows of a large shard from a native index, and for the rows it does not hold yet from the exact
/// scan, so that an acknowledged face is found at once here too. Similarities are canonical; only membership of the
/// answer is approximate, which every answer says.
/// </summary>
public sealed class ApproximateIndex : IDisposable
{
    private const int RowsPerCall = 4096;

    // Rows per inverted list that Faiss asks for at training; more does not help.
    private const int TrainingRowsPerList = 64;

    private readonly ExactIndex _rows;
    private readonly FaissIndexOptions _options;
    private readonly RecallSampler? _sampler;
    private readonly SemaphoreSlim _building = new(1);
    private FaissIndex? _index;
    private int _covered;

    /// <param name="rows">The shard's rows; remains the owner of the vectors.</param>
    /// <param name="options">Refused here, with the sentence of <see cref="FaissIndexOptions.Problem"/>, if unusable.</param>
    /// <param name="sampler">Compares some answers with the exact scan.</param>
    /// <exception cref="FaissException">The options are out of range or the native library is missing.</exception>
    public ApproximateIndex(ExactIndex rows, FaissIndexOptions options, RecallSampler? sampler)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new FaissException(problem);
        }

        _rows = rows;
        _options = options;
        _sampler = sampler;
    }

    /// <summary>Rows that the native index answers for; later ones are scanned.</summary>
    public int CoveredRows => Volatile.Read(ref _covered);

    /// <summary>
    /// Brings the native index up to the rows of now: trains it once the shard has reached its size, then adds. Long
    /// work: call it from the background, with <paramref name="cancellation"/>; searches go on meanwhile.
    /// </summary>
    public async Task CatchUpAsync(CancellationToken cancellation = default)
    {
        await _building.WaitAsync(cancellation);
        try
        {
            var view = _rows.Snapshot();
            if (_index is null && view.Count < _options.FromRows)
            {
                return;
            }

            var index = _index ?? Train(view);
            for (var row = _covered; row < view.Count; row += RowsPerCall)
            {
                cancellation.ThrowIfCancellationRequested();
                var end = Math.Min(row + RowsPerCall, view.Count);
                var numbers = Enumerable.Range(row, end - row).Where(number => !view.IsDeleted(number)).Select(number => (long)number).ToArray();
                index.Add(Gather(view, numbers), numbers);
                Volatile.Write(ref _index, index);
                Volatile.Write(ref _covered, end);
            }
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>
    /// The best k per query. Exact, and said so, while the shard is small or where a filter is given: a filter could
    /// leave nothing of an approximate answer.
    /// </summary>
    public async Task<SearchAnswer> TopAsync(
        IReadOnlyList<ReadOnlyMemory<float>> queries, int k, RowFilter? filter, ScanScheduling scheduling, CancellationToken cancellation = default)
    {
        var view = _rows.Snapshot();
        var covered = Math.Min(CoveredRows, view.Count);
        if (covered == 0 || filter is not null)
        {
            return new SearchAnswer(await ExactSearch.TopAsync(view, queries, k, filter, scheduling, cancellation), IsApproximate: false);
        }

        var recent = await ExactSearch.TopAsync(view.From(covered), queries, k, null, scheduling, cancellation);
        var scheduler = scheduling.Scheduler ?? TaskScheduler.Default;
        var results = await Task.Factory.StartNew(
            () => Merge(view, queries, k, recent), cancellation, TaskCreationOptions.DenyChildAttach, scheduler);
        _sampler?.Sample(view, queries[0], k, results[0]);
        return new SearchAnswer(results, IsApproximate: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index?.Dispose();
        _building.Dispose();
    }

    private static float[] Gather(IndexView view, long[] numbers)
    {
        var rows = new float[numbers.Length * view.Dimension];
        for (var i = 0; i < numbers.Length; i++)
        {
            view.Vector((int)numbers[i]).CopyTo(rows.AsSpan(i * view.Dimension));
        }

        return rows;
    }

    private Neighbour[][] Merge(IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries, int k, Neighbour[][] recent)
    {
        var flat = new float[queries.Count * view.Dimension];
        for (var query = 0; query < queries.Count; query++)
        {
            queries[query].Span.CopyTo(flat.AsSpan(query * view.Dimension));
        }

        // Twice as many, because tombstones are dropped and the codes of some structures order only roughly.
        var found = Volatile.Read(ref _index)!.Search(flat, 2 * k);
        return
        [
            .. found.Select((numbers, query) => numbers
                .Where(number => number < view.Count && !view.IsDeleted((int)number))
                .Select(number => view.Score((int)number, queries[query].Span))
                .Concat(recent[query])
                .DistinctBy(neighbour => neighbour.Row)
                .Order()
                .Take(k)
                .ToArray()),
        ];
    }

    private FaissIndex Train(IndexView view)
    {
        var index = FaissIndex.Create(view.Dimension, view.Count, _options);
        if (!index.IsTrained)
        {
            var lists = _options.Lists > 0 ? _options.Lists : (int)(4 * Math.Sqrt(view.Count));
            var sample = (int)Math.Min(view.Count, (long)lists * TrainingRowsPerList);
            var step = view.Count / (double)sample;
            index.Train(Gather(view, [.. Enumerable.Range(0, sample).Select(i => (long)(i * step))]));
        }

        return index;
    }
}
