using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// The neighbour lists of all faces, kept equal to those of a batch run: the k nearest by canonical similarity, equal ones
/// by rank. Both ends of every edge that comes, goes or changes are reported.
/// </summary>
internal sealed class NeighbourLists
{
    private readonly int _k;
    private readonly ILiveNeighbours _search;
    private readonly Func<int, FaceRank> _rankOf;
    private readonly Action<int, int, double> _changed;
    private readonly List<LiveNeighbour> _found = [];
    private LiveNeighbour[]?[] _lists = [];
    private List<int>?[] _listedBy = [];
    private double[] _floors = [];

    /// <param name="k">Length of the lists.</param>
    /// <param name="search">Where neighbours are found.</param>
    /// <param name="rankOf">Rank of a slot.</param>
    /// <param name="changed">Told the two ends of each edge that changes, and their similarity.</param>
    public NeighbourLists(int k, ILiveNeighbours search, Func<int, FaceRank> rankOf, Action<int, int, double> changed)
    {
        _k = k;
        _search = search;
        _rankOf = rankOf;
        _changed = changed;
    }

    /// <summary>The neighbours of a slot, best first.</summary>
    public ReadOnlySpan<LiveNeighbour> Of(int slot) => _lists[slot];

    /// <summary>The slots that list this one, in no order.</summary>
    public IReadOnlyList<int> ListedBy(int slot) => _listedBy[slot]!;

    /// <summary>Whether the first slot lists the second.</summary>
    public bool Lists(int slot, int other) => IndexOf(_lists[slot]!, other) >= 0;

    /// <summary>The similarity of a pair of which the first slot lists the second.</summary>
    public double Similarity(int slot, int other) => _lists[slot]![IndexOf(_lists[slot]!, other)].Similarity;

    /// <summary>Takes a face in and offers it to all others.</summary>
    public void Insert(int slot, ReadOnlySpan<float> centred)
    {
        if (slot >= _lists.Length)
        {
            var slots = Math.Max(64, Math.Max(slot + 1, _lists.Length * 2));
            Array.Resize(ref _lists, slots);
            Array.Resize(ref _listedBy, slots);
            Array.Resize(ref _floors, slots);
        }

        _search.Add(slot, centred);
        _listedBy[slot] = [];
        _lists[slot] = [];
        _floors[slot] = double.NegativeInfinity;
        Fill(slot);
        _found.Clear();
        _search.AtLeast(slot, _floors, _found);
        foreach (var (other, similarity) in _found.ToArray())
        {
            Offer(other, new LiveNeighbour(slot, similarity));
        }
    }

    /// <summary>Takes a face out; those that listed it search again.</summary>
    public void Delete(int slot)
    {
        _search.Remove(slot);
        foreach (var neighbour in _lists[slot]!)
        {
            _listedBy[neighbour.Slot]!.Remove(slot);
            _changed(slot, neighbour.Slot, neighbour.Similarity);
        }

        var waiting = _listedBy[slot]!;
        _lists[slot] = null;
        _listedBy[slot] = null;
        foreach (var other in waiting)
        {
            _changed(slot, other, Similarity(other, slot));
            _lists[other] = [.. _lists[other]!.Where(n => n.Slot != slot)];
            Fill(other);
        }
    }

    /// <summary>Searches the list of a slot anew and reports what is in only one of the old and the new list.</summary>
    private void Fill(int slot)
    {
        _found.Clear();
        _search.Nearest(slot, _k, _found);
        _found.Sort(Compare);
        var list = _found.GetRange(0, Math.Min(_k, _found.Count)).ToArray();
        foreach (var known in _lists[slot]!)
        {
            if (IndexOf(list, known.Slot) < 0)
            {
                _listedBy[known.Slot]!.Remove(slot);
                _changed(slot, known.Slot, known.Similarity);
            }
        }

        foreach (var neighbour in list)
        {
            if (IndexOf(_lists[slot]!, neighbour.Slot) < 0)
            {
                _listedBy[neighbour.Slot]!.Add(slot);
                _changed(slot, neighbour.Slot, neighbour.Similarity);
            }
        }

        _lists[slot] = list;
        _floors[slot] = list.Length < _k ? double.NegativeInfinity : list[^1].Similarity;
    }

    private void Offer(int slot, LiveNeighbour offer)
    {
        var list = _lists[slot]!;
        if (list.Length == _k && Compare(offer, list[^1]) > 0)
        {
            return;
        }

        var at = Array.FindIndex(list, known => Compare(offer, known) < 0);
        at = at < 0 ? list.Length : at;
        var length = Math.Min(_k, list.Length + 1);
        var next = new LiveNeighbour[length];
        list.AsSpan(0, at).CopyTo(next);
        next[at] = offer;
        list.AsSpan(at, length - at - 1).CopyTo(next.AsSpan(at + 1));
        if (list.Length == _k)
        {
            _listedBy[list[^1].Slot]!.Remove(slot);
            _changed(slot, list[^1].Slot, list[^1].Similarity);
        }

        _listedBy[offer.Slot]!.Add(slot);
        _changed(slot, offer.Slot, offer.Similarity);
        _lists[slot] = next;
        _floors[slot] = length < _k ? double.NegativeInfinity : next[^1].Similarity;
    }

    private int Compare(LiveNeighbour a, LiveNeighbour b)
    {
        var order = b.Similarity.CompareTo(a.Similarity);
        return order != 0 ? order : _rankOf(b.Slot).CompareTo(_rankOf(a.Slot));
    }

    private static int IndexOf(LiveNeighbour[] list, int slot)
    {
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i].Slot == slot)
            {
                return i;
            }
        }

        return -1;
    }
}
