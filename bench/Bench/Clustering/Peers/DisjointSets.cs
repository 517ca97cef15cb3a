namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>Union-find.</summary>
internal sealed class DisjointSets(int count)
{
    private readonly int[] _parents = [.. Enumerable.Range(0, count)];

    public int Find(int item)
    {
        while (_parents[item] != item)
        {
            item = _parents[item] = _parents[_parents[item]];
        }

        return item;
    }

    public void Union(int left, int right) => _parents[Find(left)] = Find(right);

    public int[] Labels() => [.. Enumerable.Range(0, _parents.Length).Select(Find)];
}
