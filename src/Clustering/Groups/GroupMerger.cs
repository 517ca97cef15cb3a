namespace FaceCluster.Clustering;

/// <summary>
/// Level two over a whole set: groups join their best neighbour as long as both choose each other and the evidence
/// suffices. Starts from single faces, so that the strongest joins come first whatever level one decided.
/// </summary>
/// <remarks>
/// In a round every group looks at its edges and picks the best above the strictness (ties: the lower row); pairs that pick
/// each other join. The outcome is a function of the set of faces, not of the order or the threads.
/// </remarks>
internal sealed class GroupMerger
{
    private readonly GroupTable _table;
    private readonly double[] _cosines;
    private readonly int[] _outward;
    private readonly List<GroupJoin> _joins;

    /// <param name="codes">Coded rows in rank order (<see cref="GroupVectors.Encode"/>).</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="cosines">Expected cosine of each row to its person.</param>
    /// <param name="graph">Nearest neighbours of the centred vectors.</param>
    /// <param name="options">Settings.</param>
    public GroupMerger(short[] codes, int dimension, double[] cosines, KnnGraph graph, GroupOptions options)
    {
        var vectors = new GroupVectors(codes, dimension, cosines.Length);
        var selves = new long[cosines.Length];
        var norms = new double[cosines.Length];
        WorkRanges.Run(selves.Length, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                selves[i] = IntegerKernel.Dot(vectors.Row(i), vectors.Row(i));
                norms[i] = Math.Sqrt(selves[i]);
            }
        });
        var edges = EdgeBuilder.Build(graph, cosines, norms, dimension, options);
        _outward = new int[cosines.Length];
        var traits = new GroupTraits[cosines.Length];
        WorkRanges.Run(traits.Length, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                foreach (ref readonly var edge in edges.Segment(i))
                {
                    _outward[i] += edge.Support;
                }

                traits[i] = GroupTraits.Of(1, GroupTraits.Square(cosines[i]), selves[i], _outward[i]);
            }
        });
        _cosines = cosines;
        _joins = new List<GroupJoin>(cosines.Length);
        _table = new GroupTable(vectors, traits, edges, options);
    }

    /// <summary>The traits of a row alone.</summary>
    public GroupTraits Single(int row) => GroupTraits.Of(
        1, GroupTraits.Square(_cosines[row]), IntegerKernel.Dot(_table.Vectors.Row(row), _table.Vectors.Row(row)), _outward[row]);

    /// <summary>The groups.</summary>
    public GroupTable Table => _table;

    /// <summary>The joins in the order they were made.</summary>
    public List<GroupJoin> Joins => _joins;

    /// <summary>Forbids that the groups of two rows ever join. To be called before <see cref="Run"/>, after must-links.</summary>
    public void Veto(int left, int right) => _table.Vetoes.Forbid(_table.GroupOf(left), _table.GroupOf(right));

    /// <summary>Evidence that two rows are different people (they share a frame), short of certainty. Before <see cref="Run"/>.</summary>
    public void KeepApart(int left, int right)
    {
        var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
        if (a != b)
        {
            _table.Vetoes.KeepApart(a, b, 1);
        }
    }

    /// <summary>Joins the groups of two rows whatever the evidence. To be called before <see cref="Run"/>.</summary>
    public void MustLink(int left, int right)
    {
        var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
        if (a != b)
        {
            var pair = (Into: Math.Min(a, b), From: Math.Max(a, b));
            _joins.Add(_table.Describe(0, pair.Into, pair.From, double.PositiveInfinity));
            _table.Join([pair], choose: false);
        }
    }

    /// <summary>Joins until nothing is left to join.</summary>
    public void Run(Action<double>? progress, CancellationToken cancellation)
    {
        _table.Start();
        var affected = new int[_table.Count];
        for (var i = 0; i < affected.Length; i++)
        {
            affected[i] = i;
        }

        for (var round = 1; ; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var pairs = Pairs(_table, affected);
            if (pairs.Length == 0)
            {
                return;
            }

            foreach (var (into, from) in pairs)
            {
                _joins.Add(_table.Describe(round, into, from, _table.BestScore(into)));
            }

            affected = _table.Join(pairs);
            progress?.Invoke((double)_joins.Count / _table.Count);
        }
    }

    /// <summary>The pairs that choose each other, at least one of them among the given groups; by the smaller row.</summary>
    public static (int Into, int From)[] Pairs(GroupTable table, ReadOnlySpan<int> groups)
    {
        var pairs = new List<(int Into, int From)>();
        foreach (var i in groups)
        {
            var j = table.IsGroup(i) ? table.Best(i) : -1;
            if (j >= 0 && table.Best(j) == i)
            {
                pairs.Add((Math.Min(i, j), Math.Max(i, j)));
            }
        }

        pairs.Sort();
        return [.. pairs.Distinct()];
    }

    /// <summary>The centre row of each row.</summary>
    public int[] Labels()
    {
        var labels = new int[_table.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = _table.GroupOf(i);
        }

        return labels;
    }
}
