namespace FaceCluster.Grains.Shards;

/// <summary>
/// Faces that wait for their place, oldest first, each with the log position from which it waits. What is taken stays
/// counted until it is done, so <see cref="LinkedThrough"/> never runs ahead.
/// </summary>
internal sealed class LinkQueue
{
    private readonly Queue<(int Face, long Lsn, long Since)> _waiting = new();
    private readonly List<(int Face, long Lsn, long Since)> _taken = [];
    private readonly HashSet<int> _members = [];
    private long _lastLsn;

    public int Count => _waiting.Count + _taken.Count;

    /// <summary>Adds a face unless it waits already.</summary>
    /// <param name="face">Row of the face.</param>
    /// <param name="lsn">Position from which on it waits; never falls from call to call.</param>
    /// <param name="since">Timestamp, for the lag.</param>
    public void Add(int face, long lsn, long since)
    {
        if (_members.Add(face))
        {
            _waiting.Enqueue((face, lsn, since));
        }
    }

    /// <summary>Whether a face waits or is just asking.</summary>
    public bool IsWaiting(int face) => _members.Contains(face);

    /// <summary>Tells the position of the latest record, which bounds <see cref="LinkedThrough"/>.</summary>
    public void Advance(long lsn) => _lastLsn = Math.Max(_lastLsn, lsn);

    /// <summary>The position of the latest record that was told.</summary>
    public long LastLsn => _lastLsn;

    /// <summary>The position up to which nothing waits.</summary>
    public long LinkedThrough
    {
        get
        {
            var oldest = _taken.Count > 0 ? _taken[0].Lsn : _waiting.TryPeek(out var head) ? head.Lsn : long.MaxValue;
            return Math.Min(_lastLsn, oldest - 1);
        }
    }

    /// <summary>Takes up to <paramref name="limit"/> faces; what was taken before and is not done comes first.</summary>
    public IReadOnlyList<(int Face, long Lsn, long Since)> Take(int limit)
    {
        while (_taken.Count < limit && _waiting.TryDequeue(out var next))
        {
            _taken.Add(next);
        }

        return _taken;
    }

    /// <summary>Marks everything taken as done.</summary>
    public void Done()
    {
        foreach (var (face, _, _) in _taken)
        {
            _members.Remove(face);
        }

        _taken.Clear();
    }
}
