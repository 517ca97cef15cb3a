namespace FaceCluster.Clustering;

/// <summary>Which groups must stay apart, and which have faces that were seen in one frame; kept up to date through joins.</summary>
internal sealed class GroupVetoes
{
    private readonly Dictionary<int, HashSet<int>> _vetoes = [];
    private readonly Dictionary<int, Dictionary<int, int>> _apart = [];

    /// <summary>Whether there is nothing at all.</summary>
    public bool IsEmpty => _vetoes.Count + _apart.Count == 0;

    /// <summary>Groups with at least one veto.</summary>
    public IEnumerable<int> Vetoed => _vetoes.Keys;

    /// <summary>Forbids that two groups ever join.</summary>
    public void Forbid(int a, int b)
    {
        Set(a).Add(b);
        Set(b).Add(a);

        HashSet<int> Set(int group)
        {
            if (!_vetoes.TryGetValue(group, out var set))
            {
                _vetoes.Add(group, set = []);
            }

            return set;
        }
    }

    /// <summary>Notes pairs of faces of one frame.</summary>
    public void KeepApart(int a, int b, int pairs)
    {
        Add(a, b);
        Add(b, a);

        void Add(int group, int other)
        {
            if (!_apart.TryGetValue(group, out var counts))
            {
                _apart.Add(group, counts = []);
            }

            counts[other] = counts.GetValueOrDefault(other) + pairs;
        }
    }

    /// <summary>Whether two groups must stay apart.</summary>
    public bool Forbidden(int a, int b) => _vetoes.TryGetValue(a, out var set) && set.Contains(b);

    /// <summary>Pairs of faces of the two groups that were seen in one frame.</summary>
    public int PairsInOneFrame(int a, int b) =>
        _apart.TryGetValue(a, out var counts) ? counts.GetValueOrDefault(b) : 0;

    /// <summary>The first group takes over what is known of the second.</summary>
    public void Join(int into, int from)
    {
        if (_vetoes.Remove(from, out var vetoes))
        {
            foreach (var other in vetoes)
            {
                _vetoes[other].Remove(from);
                Forbid(into, other);
            }
        }

        if (_apart.Remove(from, out var apart))
        {
            foreach (var (other, pairs) in apart)
            {
                _apart[other].Remove(from);
                if (other != into)
                {
                    KeepApart(into, other, pairs);
                }
            }
        }
    }
}
