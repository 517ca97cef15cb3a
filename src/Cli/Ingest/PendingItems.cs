using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FaceCluster.V1;

namespace FaceCluster.Cli.Ingest;

/// <summary>The items of a camera that are taken from the source and not yet answered. Safe for concurrent use.</summary>
internal sealed class PendingItems
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Entry> _entries = [];
    private readonly Queue<Entry> _resend = new();
    private readonly List<(Entry Entry, long Due)> _later = [];
    private readonly HashSet<long> _answered = [];

    /// <summary>Items without an answer.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Items that the server has and must answer.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count - _resend.Count - _later.Count;
            }
        }
    }

    /// <summary>The wait until an item that the server postponed is due, or null where there is none.</summary>
    public TimeSpan? NextRetry
    {
        get
        {
            lock (_lock)
            {
                return _later.Count == 0 ? null : Remaining(_later.Min(later => later.Due));
            }
        }
    }

    /// <summary>Adds an item that is about to be sent; false where the same key is pending or answered.</summary>
    public bool TryAdd(IngestItem item)
    {
        lock (_lock)
        {
            return !_answered.Contains(item.Sequence) && _entries.TryAdd(item.Sequence, new Entry(item, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>Takes an item that has to be sent again now.</summary>
    public bool TryTakeResend([NotNullWhen(true)] out IngestItem? item)
    {
        lock (_lock)
        {
            for (var i = _later.Count - 1; i >= 0; i--)
            {
                if (Remaining(_later[i].Due) == TimeSpan.Zero)
                {
                    _resend.Enqueue(_later[i].Entry);
                    _later.RemoveAt(i);
                }
            }

            while (_resend.TryDequeue(out var entry))
            {
                if (_entries.ContainsKey(entry.Item.Sequence))
                {
                    item = entry.Item;
                    return true;
                }
            }
        }

        item = null;
        return false;
    }

    /// <summary>After a lost connection: everything without an answer is to be sent again, in the first order.</summary>
    public void ResendAll()
    {
        lock (_lock)
        {
            _resend.Clear();
            _later.Clear();
            foreach (var entry in _entries.Values.OrderBy(entry => entry.Sent))
            {
                _resend.Enqueue(entry);
            }
        }
    }

    /// <summary>The server had no room for the item: it is to be sent again after the delay.</summary>
    public void RetryLater(long sequence, TimeSpan delay)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(sequence, out var entry))
            {
                _later.Add((entry, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency)));
            }
        }
    }

    /// <summary>Closes an item; false where it is unknown or was answered before.</summary>
    /// <param name="sequence">The item.</param>
    /// <param name="latency">Time since it was first taken for sending.</param>
    public bool TryAnswer(long sequence, out TimeSpan latency)
    {
        lock (_lock)
        {
            if (!_entries.Remove(sequence, out var entry))
            {
                latency = default;
                return false;
            }

            _answered.Add(sequence);
            latency = Stopwatch.GetElapsedTime(entry.Sent);
            return true;
        }
    }

    private static TimeSpan Remaining(long due)
    {
        var ticks = due - Stopwatch.GetTimestamp();
        return ticks <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency);
    }

    private sealed record Entry(IngestItem Item, long Sent);
}
