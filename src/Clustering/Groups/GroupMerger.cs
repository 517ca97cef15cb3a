using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <summary>
/// Level two over a whole set: groups join their best neighbour as long as both choose each other and the evidence
/// suffices. Starts from single faces, so that the strongest joins come first whatever level one decided.
/// </summary>
/// <remarks>
/// In a round every group looks at its edges and picks the best above the strictness (ties: the higher rank); pairs that
/// pick each other join. The outcome is a function of the set of faces, not of the order, the places or the threads.
/// </remarks>
internal sealed class GroupMerger
{
    private readonly GroupTable _table;
    private readonly double[] _cosines;
    private readonly int[] _outward;
    private readonly List<GroupJoin> _joins;
    private readonly Action<string>? _finished;

    /// <param name="codes">Coded rows by place (<see cref="GroupVectors.Encode"/>).</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="places">Where each row of the graph lies.</param>
    /// <param name="cosines">Expected cosine of each row to its person.</param>
    /// <param name="graph">Nearest neighbours of the centred vectors, in rank order.</param>
    /// <param name="options">Settings.</param>
    /// <param name="finished">Told the name of each phase at its end.</param>
    public GroupMerger(
        short[] codes, int dimension, RowPlaces places, double[] cosines, KnnGraph graph, GroupOptions options, Action<string>? finished = null)
    {
        var count = cosines.Length;
        var vectors = new GroupVectors(codes, dimension, count);
        var selves = new long[count];
        var norms = new double[count];
        _cosines = new double[count];
        Places = places;
        WorkRanges.Run(count, (from, to) =>
        {
            for (var place = from; place < to; place++)
            {
                selves[place] = IntegerKernel.Dot(vectors.Row(place), vectors.Row(place));
                norms[place] = Math.Sqrt(selves[place]);
                _cosines[place] = cosines[places.RowAt(place)];
            }
        });
        finished?.Invoke("lengths");
        var edges = EdgeBuilder.Build(graph, places, _cosines, norms, dimension, options);
        finished?.Invoke("edges");
        _outward = new int[count];
        var traits = new GroupTraits[count];
        WorkRanges.Run(count, (from, to) =>
        {
            for (var place = from; place < to; place++)
            {
                foreach (ref readonly var edge in edges.Segment(place))
                {
                    _outward[place] += edge.Support;
                }

                traits[place] = GroupTraits.Of(1, GroupTraits.Square(_cosines[place]), selves[place], _outward[place]);
            }
        });
        _joins = new List<GroupJoin>(count);
        _table = new GroupTable(vectors, traits, edges, options, places.Rows);
        _finished = finished;
        finished?.Invoke("traits");
    }

    /// <summary>Where the rows lie.</summary>
    public RowPlaces Places { get; }

    /// <summary>The groups, named by the place of their highest-ranked face.</summary>
    public GroupTable Table => _table;

    /// <summary>The joins in the order they were made, those of a round by rank; with rows, not places.</summary>
    public List<GroupJoin> Joins => _joins;

    /// <summary>Expected cosine of the face at a place to its person.</summary>
    public double Cosine(int place) => _cosines[place];

    /// <summary>The traits of the face at a place alone.</summary>
    public GroupTraits Single(int place) => GroupTraits.Of(
        1, GroupTraits.Square(_cosines[place]), IntegerKernel.Dot(_table.Vectors.Row(place), _table.Vectors.Row(place)), _outward[place]);

    /// <summary>Forbids that the groups of two places ever join. To be called before <see cref="Run"/>, after must-links.</summary>
    public void Veto(int left, int right) => _table.Vetoes.Forbid(_table.GroupOf(left), _table.GroupOf(right));

    /// <summary>Evidence that two places are different people (they share a frame), short of certainty. Before <see cref="Run"/>.</summary>
    public void KeepApart(int left, int right)
    {
        var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
        if (a != b)
        {
            _table.Vetoes.KeepApart(a, b, 1);
        }
    }

    /// <summary>Joins the groups of two places whatever the evidence. To be called before <see cref="Run"/>.</summary>
    public void MustLink(int left, int right)
    {
        var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
        if (a != b)
        {
            var (into, from) = _table.ByRank(a, b);
            _joins.Add(InRows(_table.Describe(0, into, from, double.PositiveInfinity)));
            _table.Join([(into, from)], choose: false);
        }
    }

    /// <summary>Joins until nothing is left to join.</summary>
    public void Run(Action<double>? progress, CancellationToken cancellation)
    {
        _table.Start();
        _finished?.Invoke("first scores");
        var all = new int[_table.Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = i;
        }

        ReadOnlySpan<int> affected = all;
        var pairs = new List<(int Into, int From)>(_table.Count / 2);
        for (var round = 1; ; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            _table.MutualPairs(affected, pairs);
            if (pairs.Count == 0)
            {
                return;
            }

            Describe(round, pairs, all);
            affected = _table.Join(pairs);
            progress?.Invoke((double)_joins.Count / _table.Count);
        }
    }

    /// <summary>The place of the centre of each place's group.</summary>
    public int[] Labels()
    {
        var labels = new int[_table.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = _table.GroupOf(i);
        }

        return labels;
    }

    /// <summary>Lists the joins of a round by rank.</summary>
    /// <param name="round">The round.</param>
    /// <param name="pairs">The pairs that will join.</param>
    /// <param name="ranks">Scratch memory.</param>
    private void Describe(int round, List<(int Into, int From)> pairs, int[] ranks)
    {
        var first = _joins.Count;
        CollectionsMarshal.SetCount(_joins, first + pairs.Count);
        WorkRanges.Run(pairs.Count, (from, to) =>
        {
            var joins = CollectionsMarshal.AsSpan(_joins)[first..];
            for (var i = from; i < to; i++)
            {
                var (into, absorbed) = pairs[i];
                joins[i] = InRows(_table.Describe(round, into, absorbed, _table.BestScore(into)));
                ranks[i] = joins[i].Into;
            }
        });
        ranks.AsSpan(0, pairs.Count).Sort(CollectionsMarshal.AsSpan(_joins)[first..]);
    }

    private GroupJoin InRows(GroupJoin join) => join with { Into = Places.RowAt(join.Into), From = Places.RowAt(join.From) };
}
