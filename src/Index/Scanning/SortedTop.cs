namespace FaceCluster.Index.Scanning;

/// <summary>The best k neighbours so far, best first. Insertion keeps order; candidates arrive nearly sorted.</summary>
internal sealed class SortedTop(int k)
{
    private readonly List<Neighbour> _best = [];

    public bool IsFull => _best.Count >= k;

    public Neighbour Worst => _best[^1];

    public void Add(Neighbour neighbour)
    {
        if (IsFull && neighbour > Worst)
        {
            return;
        }

        var at = _best.BinarySearch(neighbour);
        _best.Insert(at < 0 ? ~at : at, neighbour);
        if (_best.Count > k)
        {
            _best.RemoveAt(k);
        }
    }

    public Neighbour[] ToArray() => [.. _best];
}
