using System.Diagnostics.Metrics;

namespace FaceCluster.Index.Faiss;

/// <summary>
/// Repeats every n-th approximate search exactly, in the background and one at a time, and publishes the share of the
/// true neighbours that the answer had: the histogram <c>search.recall</c> of the meter <c>FaceCluster.Index</c>.
/// </summary>
public sealed class RecallSampler
{
    private static readonly Meter Meter = new("FaceCluster.Index");

    private static readonly Histogram<double> Recall = Meter.CreateHistogram(
        "search.recall",
        "1",
        "Share of the exact nearest neighbours that an approximate answer had.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1] });

    private readonly int _every;
    private readonly ScanScheduling _scheduling;
    private readonly KeyValuePair<string, object?> _collection;
    private readonly Lock _lock = new();
    private long _searches;
    private Task _pending = Task.CompletedTask;

    /// <param name="collection">Tag of the measurements.</param>
    /// <param name="every">One search in this many is repeated; at least 1.</param>
    /// <param name="scheduling">Where the exact scans run.</param>
    public RecallSampler(string collection, int every, ScanScheduling scheduling)
    {
        ArgumentException.ThrowIfNullOrEmpty(collection);
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
        ArgumentNullException.ThrowIfNull(scheduling);
        _every = every;
        _scheduling = scheduling;
        _collection = new KeyValuePair<string, object?>("collection", collection);
    }

    /// <summary>Completes when the sample taken last is measured.</summary>
    public Task Pending
    {
        get
        {
            lock (_lock)
            {
                return _pending;
            }
        }
    }

    internal void Sample(IndexView view, ReadOnlyMemory<float> query, int k, Neighbour[] answer)
    {
        if (Interlocked.Increment(ref _searches) % _every != 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_pending.IsCompleted)
            {
                _pending = MeasureAsync(view, query.ToArray(), k, answer);
            }
        }
    }

    private async Task MeasureAsync(IndexView view, ReadOnlyMemory<float> query, int k, Neighbour[] answer)
    {
        var exact = await ExactSearch.TopAsync(view, [query], k, null, _scheduling);
        if (exact[0].Length > 0)
        {
            var rows = exact[0].Select(neighbour => neighbour.Row).ToHashSet();
            Recall.Record(answer.Count(neighbour => rows.Contains(neighbour.Row)) / (double)rows.Count, _collection);
        }
    }
}
