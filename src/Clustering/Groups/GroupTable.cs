using System.Runtime.CompilerServices;

namespace FaceCluster.Clustering;

/// <summary>
/// The groups of one moment: their traits, templates, edges and best choices, and the step that joins pairs of them.
/// </summary>
/// <remarks>
/// A group is named by the row of its highest-ranked face. Everything a score is made of is an
/// exact integer function of the sets of faces of its two groups, so a score does not depend on how the groups came about,
/// on threads or on the platform. A step re-scores the edges of joined groups only.
/// </remarks>
internal sealed partial class GroupTable
{
    private readonly GroupVectors _vectors;
    private readonly EdgeTable _edges;
    private readonly GroupTraits[] _traits;
    private readonly GroupOptions _options;
    private readonly int[]? _ranks;
    private readonly bool _alone;
    private readonly int[] _into;
    private readonly RoundOfJoins _round;
    private readonly byte[] _touched;
    private readonly int[] _touchedGroups;
    private readonly bool _boundsHold;
    private readonly int[] _best;
    private readonly float[] _bestScore;

    /// <param name="vectors">Coded rows.</param>
    /// <param name="traits">Traits of the single rows.</param>
    /// <param name="edges">Edges between single rows.</param>
    /// <param name="options">Settings.</param>
    /// <param name="ranks">Rank of each row, lower is higher; null where the rows are in rank order.</param>
    /// <param name="alone">Whether the table works on the caller's thread only.</param>
    public GroupTable(
        GroupVectors vectors, GroupTraits[] traits, EdgeTable edges, GroupOptions options, int[]? ranks = null, bool alone = false)
    {
        _alone = alone;
        _ranks = ranks;
        _vectors = vectors;
        _traits = traits;
        _edges = edges;
        _options = options;
        _boundsHold = JoinModel.RisesWithCosine(options.Weights);
        Count = traits.Length;
        _into = new int[Count];
        _round = new RoundOfJoins(Count);
        _touched = new byte[Count];
        _touchedGroups = new int[Count];
        _best = new int[Count];
        _bestScore = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            _into[i] = i;
            _best[i] = -1;
            _round.NoteAlone(i, traits[i].Norm);
        }
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>What keeps groups apart. Filled before <see cref="Start"/>.</summary>
    public GroupVetoes Vetoes { get; } = new();

    /// <summary>
    /// By the group that is absorbed: product and support of joins that are only replayed, whose edges the table does not hold.
    /// </summary>
    public Dictionary<int, (long Dot, long Support)> Recorded { get; } = [];

    /// <summary>The templates.</summary>
    public GroupVectors Vectors => _vectors;

    /// <summary>The traits of a living group.</summary>
    public ref readonly GroupTraits Traits(int group) => ref _traits[group];

    /// <summary>Whether the row still names a group.</summary>
    public bool IsGroup(int row) => _into[row] == row;

    /// <summary>The group that a living group would join, or -1: the best allowed one above the strictness.</summary>
    public int Best(int group) => _best[group];

    /// <summary>The log-odds of that join.</summary>
    public float BestScore(int group) => _bestScore[group];

    /// <summary>The edges of a group, for those that walk them.</summary>
    public EdgeTable Edges => _edges;

    /// <summary>The group of a row.</summary>
    public int GroupOf(int row)
    {
        while (_into[row] != row)
        {
            row = _into[row] = _into[_into[row]];
        }

        return row;
    }

    /// <summary>Two groups, that of higher rank first.</summary>
    public (int Into, int From) ByRank(int a, int b) => IsHigher(a, b) ? (a, b) : (b, a);

    /// <summary>The pairs that choose each other, at least one of them among the given groups, each once.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="pairs">Is cleared and receives the pairs; the first of each is the one of higher rank.</param>
    public void MutualPairs(ReadOnlySpan<int> groups, List<(int Into, int From)> pairs)
    {
        pairs.Clear();
        foreach (var i in groups)
        {
            var j = IsGroup(i) ? Best(i) : -1;

            // Both may be among the groups; the first one found puts the pair down.
            if (j >= 0 && Best(j) == i && _touched[i] == 0)
            {
                _touched[j] = 1;
                pairs.Add(ByRank(i, j));
            }
        }

        foreach (var (into, from) in pairs)
        {
            _touched[into] = _touched[from] = 0;
        }
    }

    /// <summary>Scores all edges and lets every group choose.</summary>
    public void Start()
    {
        Run(Count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                if (IsGroup(i))
                {
                    ScoreAll(i);
                }
            }
        });
        Run(Count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                if (IsGroup(i))
                {
                    Choose(i);
                }
            }
        });
    }

    /// <summary>The relation of two groups right before they join.</summary>
    public GroupJoin Describe(int round, int into, int from, double score)
    {
        var (dot, support) = Between(into, from);
        return new GroupJoin(
            round, into, from, score, dot / (_traits[into].Norm * _traits[from].Norm), (double)support / JoinModel.SupportUnit,
            _traits[into].Size, _traits[from].Size);
    }

    /// <summary>Product of the templates of two groups right before they join.</summary>
    public long Product(int into, int from) => Between(into, from).Dot;

    /// <summary>Joins disjoint pairs of living groups and lets everyone around them choose again.</summary>
    /// <param name="pairs">Pairs; the first of each is the one of higher rank.</param>
    /// <param name="choose">False where choices are not wanted yet (before <see cref="Start"/>).</param>
    /// <returns>The groups whose edges have changed, until the next call.</returns>
    public ReadOnlySpan<int> Join(List<(int Into, int From)> pairs, bool choose = true)
    {
        Run(pairs.Count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                Absorb(pairs[i].Into, pairs[i].From);
            }
        });
        if (!Vetoes.IsEmpty)
        {
            foreach (var (into, from) in pairs)
            {
                Vetoes.Join(into, from);
            }
        }

        var touched = Touched(pairs);
        Run(touched, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                _edges.Rebuild(_touchedGroups[i], _round);
            }
        });
        if (choose)
        {
            Run(pairs.Count, (from, to) =>
            {
                for (var i = from; i < to; i++)
                {
                    ScoreJoined(pairs[i].Into);
                }
            });
            Run(touched, (from, to) =>
            {
                for (var i = from; i < to; i++)
                {
                    Choose(_touchedGroups[i]);
                }
            });
        }
        else
        {
            MirrorProducts(pairs);
        }

        Run(pairs.Count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                _round.Clear(pairs[i].Into, pairs[i].From);
                _round.NoteAlone(pairs[i].Into, _traits[pairs[i].Into].Norm);
            }
        });
        return _touchedGroups.AsSpan(0, touched);
    }

    /// <summary>Whether a join is forbidden, by a person or by the largest size that templates can hold.</summary>
    public bool Forbidden(int a, int b) =>
        _traits[a].Size + _traits[b].Size > GroupVectors.MaximumSize || (!Vetoes.IsEmpty && Vetoes.Forbidden(a, b));

    /// <summary>Groups that the evidence would join to another one if no person forbade it.</summary>
    public HashSet<int> Conflicts()
    {
        var conflicts = new HashSet<int>();
        foreach (var group in Vetoes.Vetoed)
        {
            for (var segment = group; segment >= 0; segment = _edges.Next(segment))
            {
                foreach (ref readonly var edge in _edges.Segment(segment))
                {
                    if (edge.Score > _options.Strictness && Vetoes.Forbidden(group, edge.Other))
                    {
                        conflicts.Add(group);
                    }
                }
            }
        }

        return conflicts;
    }

    private void Run(int count, Action<int, int> body) => WorkRanges.Run(count, body, _alone);

    private bool IsHigher(int a, int b) => _ranks is null ? a < b : _ranks[a] < _ranks[b];

    private (long Dot, long Support) Between(int a, int b)
    {
        ref var edge = ref _edges.Find(a, b);
        if (Unsafe.IsNullRef(ref edge))
        {
            return Recorded.TryGetValue(b, out var recorded) ? recorded : (_vectors.Dot(a, b), 0);
        }

        return (edge.IsExact ? edge.Dot : _vectors.Dot(a, b), edge.Support);
    }

    private void Absorb(int into, int from)
    {
        var (dot, support) = Between(into, from);
        ref readonly var a = ref _traits[into];
        ref readonly var b = ref _traits[from];
        _round.Note(into, from, a.Norm, b.Norm);
        var size = a.Size + b.Size;
        if (size > GroupVectors.MaximumSize)
        {
            throw new InvalidOperationException($"Must-links tie {size} faces into one group; at most {GroupVectors.MaximumSize} are possible.");
        }

        _traits[into] = GroupTraits.Of(
            size, a.Squares + b.Squares, a.Self + b.Self + (2 * dot), a.Outward + b.Outward - (2 * support));
        _vectors.Merge(into, from);
        _edges.Append(into, from);
        _into[from] = into;
    }

    /// <summary>Gives the other side of each edge of the joined groups its product, which only the joined side knows.</summary>
    private void MirrorProducts(List<(int Into, int From)> pairs)
    {
        foreach (var (into, _) in pairs)
        {
            for (var segment = into; segment >= 0; segment = _edges.Next(segment))
            {
                foreach (ref readonly var edge in _edges.Segment(segment))
                {
                    _edges.Find(edge.Other, into).Mirror(edge);
                }
            }
        }
    }

    /// <summary>Lists the joined groups and all that have an edge to one.</summary>
    private int Touched(List<(int Into, int From)> pairs)
    {
        // Threads may mark the same group; all write the same value.
        Run(pairs.Count, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                _touched[pairs[i].Into] = 1;
                for (var segment = pairs[i].Into; segment >= 0; segment = _edges.Next(segment))
                {
                    foreach (ref readonly var edge in _edges.Segment(segment))
                    {
                        _touched[_into[edge.Other]] = 1;
                    }
                }
            }
        });
        var count = 0;
        for (var i = _touched.AsSpan().IndexOf((byte)1); i >= 0;)
        {
            _touchedGroups[count++] = i;
            _touched[i] = 0;
            var next = _touched.AsSpan(i + 1).IndexOf((byte)1);
            i = next < 0 ? -1 : i + 1 + next;
        }

        return count;
    }
}
