using System.Collections;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Faiss;

/// <summary>
/// Answers for the older rows of a large shard from a native index, and for the rows it does not hold yet from the exact
/// scan, so that an acknowledged face is found at once here too. Similarities are canonical; only membership of the
/// answer is approximate, which every answer says.
/// </summary>
/// <remarks>
/// Inverted lists drop deleted rows at the next <see cref="CatchUp"/> and are trained anew when the rows have grown
/// fourfold. A graph cannot drop rows: it is built anew when a tenth of it is dead, or an hour after the last build if
/// any is. Until then deleted rows stay in the native memory, though in no answer. While a new structure is built the
/// old one answers.
/// </remarks>
public sealed partial class ApproximateIndex : IDisposable
{
    // A search that finds too many deleted rows asks for four times as many, at most so often.
    private const int Widenings = 4;

    private readonly ExactIndex _rows;
    private readonly FaissIndexOptions _options;
    private readonly RecallSampler? _sampler;
    private readonly TimeProvider _time;
    private readonly ScanEpochs _searches = new();
    private readonly Lock _building = new();
    private Structure? _structure;

    /// <param name="rows">The shard's rows; remains the owner of the vectors.</param>
    /// <param name="options">Refused here, with the sentence of <see cref="FaissIndexOptions.Problem"/>, if unusable.</param>
    /// <param name="sampler">Compares some answers with the exact scan.</param>
    /// <param name="time">The clock by which a graph with deleted rows is built anew; null for the system's.</param>
    /// <exception cref="FaissException">The options are out of range or the native library is missing.</exception>
    public ApproximateIndex(ExactIndex rows, FaissIndexOptions options, RecallSampler? sampler, TimeProvider? time = null)
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
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Rows that the native index answers for; later ones are scanned.</summary>
    public int CoveredRows => Volatile.Read(ref _structure)?.Covered ?? 0;

    /// <summary>About what the native index takes: its vectors or codes, numbers and links.</summary>
    public long MemoryBytes => CoveredRows * (_options.Kind switch
    {
        FaissIndexKind.IvfFlat => (4L * _rows.Dimension) + 8,
        FaissIndexKind.IvfSq8 => _rows.Dimension + 8L,
        _ => (4L * _rows.Dimension) + 16 + (4L * 2 * _options.Links),
    });

    /// <summary>
    /// The best k per query. Exact, and said so, while the shard is small or where a filter is given: a filter could
    /// leave nothing of an approximate answer.
    /// </summary>
    public async Task<SearchAnswer> TopAsync(
        IReadOnlyList<ReadOnlyMemory<float>> queries, int k, RowFilter? filter, ScanScheduling scheduling, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(scheduling);

        // The structure first: the view taken after it is at least as new, so it has every row the structure covers.
        var structure = Volatile.Read(ref _structure);
        var view = _rows.Snapshot();
        if (structure is null || filter is not null || queries.Count == 0)
        {
            return new SearchAnswer(await ExactSearch.TopAsync(view, queries, k, filter, scheduling, cancellation), IsApproximate: false);
        }

        var recent = await ExactSearch.TopAsync(view.From(structure.Covered), queries, k, null, scheduling, cancellation);
        var results = scheduling.Scheduler is { } scheduler
            ? await Task.Factory.StartNew(() => Merge(view, queries, k, recent), cancellation, TaskCreationOptions.DenyChildAttach, scheduler)
            : Merge(view, queries, k, recent);
        await CompleteAsync(view, queries, k, results, scheduling, cancellation);
        _sampler?.Sample(view, queries[0], k, results[0]);
        return new SearchAnswer(results, IsApproximate: true);
    }

    /// <summary>
    /// Answers exactly where the native index found fewer rows than there are: its structure was too poor around the
    /// query, as around many deleted rows.
    /// </summary>
    private static async Task CompleteAsync(
        IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries, int k, Neighbour[][] results, ScanScheduling scheduling, CancellationToken cancellation)
    {
        int[] shorter = [.. Enumerable.Range(0, results.Length).Where(query => results[query].Length < k)];
        if (shorter.Length == 0)
        {
            return;
        }

        var exact = await ExactSearch.TopAsync(view, [.. shorter.Select(query => queries[query])], k, null, scheduling, cancellation);
        for (var i = 0; i < shorter.Length; i++)
        {
            results[shorter[i]] = exact[i];
        }
    }

    /// <summary>Frees the native memory once no search uses it. Not while <see cref="CatchUp"/> runs.</summary>
    public void Dispose() => Replace(null);

    private Neighbour[][] Merge(IndexView view, IReadOnlyList<ReadOnlyMemory<float>> queries, int k, Neighbour[][] recent)
    {
        using var search = _searches.Enter();
        using var rows = view.BeginScan();

        // Covers at least what the structure of the tail scan did. Null only where the shard closed meanwhile.
        var structure = Volatile.Read(ref _structure) ?? throw new FaissException("The index is closed.");
        var results = new Neighbour[queries.Count][];
        var open = Enumerable.Range(0, queries.Count).ToList();
        var wanted = 2 * k;
        for (var round = 0; open.Count > 0; round++, wanted *= 4)
        {
            var found = structure.Index.Search(Join(view.Dimension, queries, open), wanted);
            for (var i = open.Count - 1; i >= 0; i--)
            {
                var query = open[i];
                var living = found[i].Where(row => row < view.Count && !view.IsDeleted((int)row)).ToArray();
                if (living.Length >= k || found[i].Length < wanted || round == Widenings)
                {
                    var unit = queries[query];
                    results[query] = [.. living.Select(row => view.Score((int)row, unit.Span)).Concat(recent[query]).DistinctBy(hit => hit.Row).Order().Take(k)];
                    open.RemoveAt(i);
                }
            }
        }

        return results;
    }

    private static float[] Join(int dimension, IReadOnlyList<ReadOnlyMemory<float>> queries, List<int> chosen)
    {
        var joined = new float[chosen.Count * dimension];
        for (var i = 0; i < chosen.Count; i++)
        {
            queries[chosen[i]].Span.CopyTo(joined.AsSpan(i * dimension));
        }

        return joined;
    }

    private void Replace(Structure? next)
    {
        var previous = Interlocked.Exchange(ref _structure, next);
        if (previous is not null && !ReferenceEquals(previous.Index, next?.Index))
        {
            _searches.AfterScans(previous.Index.Dispose);
        }
    }

    /// <summary>A native index and what is known about it; replaced as a whole.</summary>
    /// <param name="Index">The native index.</param>
    /// <param name="Covered">Rows before this one are in it, unless they were deleted.</param>
    /// <param name="TrainedRows">Living rows when it was trained.</param>
    /// <param name="Deaths">Deleted rows of the shard that it took account of.</param>
    /// <param name="Built">When it was started.</param>
    /// <param name="Dropped">Deleted rows that are not in it any more or never were; only the builder looks.</param>
    private sealed record Structure(FaissIndex Index, int Covered, int TrainedRows, int Deaths, long Built, BitArray Dropped);
}
