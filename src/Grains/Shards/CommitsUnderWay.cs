namespace FaceCluster.Grains.Shards;

/// <summary>Which items are on their way to the disk, so that a repeat waits for its first copy instead of being stored twice.</summary>
internal sealed class CommitsUnderWay
{
    private readonly Dictionary<int, List<Entry>> _cameras = [];

    /// <summary>Notes a commit; give the result to <see cref="Remove"/> when it is over.</summary>
    public Entry Add(int camera, IReadOnlyList<IngestItem> items, uint fresh, Task commit)
    {
        var entry = new Entry(camera, items, fresh, commit);
        if (!_cameras.TryGetValue(camera, out var entries))
        {
            _cameras.Add(camera, entries = []);
        }

        entries.Add(entry);
        return entry;
    }

    /// <summary>Forgets a commit.</summary>
    public void Remove(Entry entry)
    {
        var entries = _cameras[entry.Camera];
        entries.Remove(entry);
        if (entries.Count == 0)
        {
            _cameras.Remove(entry.Camera);
        }
    }

    /// <summary>A commit that holds one of the items, or null.</summary>
    public Task? Find(int camera, IReadOnlyList<IngestItem> items)
    {
        if (_cameras.TryGetValue(camera, out var entries))
        {
            foreach (var entry in entries)
            {
                if (entry.HoldsAny(items))
                {
                    return entry.Commit;
                }
            }
        }

        return null;
    }

    /// <summary>The items of one block that are being committed.</summary>
    internal sealed class Entry
    {
        private readonly IReadOnlyList<IngestItem> _items;
        private readonly uint _fresh;
        private readonly long _lowest = long.MaxValue;
        private readonly long _highest = long.MinValue;

        public Entry(int camera, IReadOnlyList<IngestItem> items, uint fresh, Task commit)
        {
            (Camera, _items, _fresh, Commit) = (camera, items, fresh, commit);
            for (var i = 0; i < items.Count; i++)
            {
                if ((fresh >> i & 1) != 0)
                {
                    _lowest = Math.Min(_lowest, items[i].Sequence);
                    _highest = Math.Max(_highest, items[i].Sequence);
                }
            }
        }

        public int Camera { get; }

        public Task Commit { get; }

        public bool HoldsAny(IReadOnlyList<IngestItem> items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].Sequence >= _lowest && items[i].Sequence <= _highest && Holds(items[i].Sequence))
                {
                    return true;
                }
            }

            return false;
        }

        private bool Holds(long sequence)
        {
            for (var i = 0; i < _items.Count; i++)
            {
                if ((_fresh >> i & 1) != 0 && _items[i].Sequence == sequence)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
