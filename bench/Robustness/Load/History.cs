using System.Diagnostics;

namespace FaceCluster.Robustness.Load;

/// <summary>What was sent, what was acknowledged, and how long anything took.</summary>
public sealed class History
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Camera, long Sequence), Sent> _items = [];
    private readonly Dictionary<string, TimeSpan> _worst = new(StringComparer.Ordinal);
    private readonly List<(string Fault, long At)> _faults = [];
    private readonly Dictionary<string, string> _revisions = new(StringComparer.Ordinal);

    /// <summary>One item.</summary>
    /// <param name="Values">Its embedding.</param>
    public sealed record Sent(float[] Values)
    {
        /// <summary>The face named by the acknowledgement, or null while there is none.</summary>
        public string? Face { get; set; }
    }

    /// <summary>Everything that was sent, acknowledged or not.</summary>
    public IReadOnlyDictionary<(string Camera, long Sequence), Sent> Items => _items;

    /// <summary>The last revision that each camera was given.</summary>
    public IReadOnlyCollection<string> Revisions => _revisions.Values;

    /// <summary>Faces acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Items that were acknowledged twice with different faces.</summary>
    public int Contradictions { get; private set; }

    /// <summary>Calls that ended later than their deadline allows.</summary>
    public int Hung { get; private set; }

    /// <summary>Calls that failed, and their statuses.</summary>
    public Dictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>Longest time between two acknowledgements of one camera, by the fault before its end.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Worst => _worst;

    /// <summary>Faults so far, by kind.</summary>
    public IReadOnlyDictionary<string, int> Faults => _faults.GroupBy(fault => fault.Fault).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);

    /// <summary>Notes a fault.</summary>
    public void Fault(string kind)
    {
        lock (_lock)
        {
            _faults.Add((kind, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>Notes what is going to be sent.</summary>
    public void Send(string camera, long sequence, float[] values)
    {
        lock (_lock)
        {
            _items.TryAdd((camera, sequence), new Sent(values));
        }
    }

    /// <summary>Notes an acknowledgement.</summary>
    public void Acknowledge(string camera, long sequence, string face, string revision)
    {
        lock (_lock)
        {
            var item = _items[(camera, sequence)];
            Acknowledged += item.Face is null ? 1 : 0;
            Contradictions += item.Face is not null && item.Face != face ? 1 : 0;
            item.Face = face;
            _revisions[camera] = revision;
        }
    }

    /// <summary>Notes the time that a camera had nothing acknowledged although it tried.</summary>
    public void Unavailable(TimeSpan gap)
    {
        lock (_lock)
        {
            var fault = _faults.Count == 0 ? "none" : _faults[^1].Fault;
            _worst[fault] = _worst.GetValueOrDefault(fault) > gap ? _worst[fault] : gap;
        }
    }

    /// <summary>Notes how a call ended.</summary>
    /// <param name="took">How long it took.</param>
    /// <param name="deadline">How long it was allowed to take.</param>
    /// <param name="failure">Its status where it failed.</param>
    public void Call(TimeSpan took, TimeSpan deadline, string? failure)
    {
        lock (_lock)
        {
            // A busy machine may wake the caller late.
            Hung += took > deadline + TimeSpan.FromSeconds(3) ? 1 : 0;
            if (failure is not null)
            {
                Failures[failure] = Failures.GetValueOrDefault(failure) + 1;
            }
        }
    }
}
