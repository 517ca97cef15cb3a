namespace FaceCluster.Grains.Shards;

/// <summary>
/// The items of one camera by sequence number. Cameras count upwards, so a number is nearly always above all earlier ones:
/// it is known to be new after one comparison and is put at the end. The few that come late are kept aside.
/// </summary>
internal sealed class CameraItems(string name)
{
    private readonly ChunkedList<Entry> _ascending = new();
    private Dictionary<long, int>? _late;

    /// <summary>The camera.</summary>
    public string Name { get; } = name;

    /// <summary>Highest number so far, -1 before the first.</summary>
    public long Highest { get; private set; } = -1;

    /// <summary>Adds an item under a number that is not there yet.</summary>
    public void Add(long sequence, int item)
    {
        if (sequence > Highest)
        {
            _ascending.Add(new Entry { Sequence = sequence, Item = item });
            Highest = sequence;
        }
        else
        {
            (_late ??= []).Add(sequence, item);
        }
    }

    /// <summary>The item under a number.</summary>
    public bool TryGet(long sequence, out int item)
    {
        item = -1;
        if (sequence > Highest)
        {
            return false;
        }

        var (low, high) = (0, _ascending.Count - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            ref var entry = ref _ascending[middle];
            if (entry.Sequence == sequence)
            {
                item = entry.Item;
                return true;
            }

            (low, high) = entry.Sequence < sequence ? (middle + 1, high) : (low, middle - 1);
        }

        return _late is not null && _late.TryGetValue(sequence, out item);
    }

    private struct Entry
    {
        public long Sequence;
        public int Item;
    }
}
