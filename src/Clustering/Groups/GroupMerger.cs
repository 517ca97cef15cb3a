using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Level two: groups join their best neighbour as long as both choose each other and the evidence suffices. Starts from
/// single faces, so that the strongest joins come first whatever level one decided.
/// </summary>
/// <remarks>
/// A group is named by the row of its highest-ranked face; rows are in rank order. In a round every group looks at its
/// edges and picks the best (ties: the lower row); pairs that pick each other join. The score of an edge depends on its
/// two groups alone, so a join re-scores only the edges of the joined group. Every sum is of integers or follows the
/// tree of joins, so the outcome is a function of the set of faces, not of the order or the threads.
/// </remarks>
internal sealed class GroupMerger
{
    private readonly float[] _centred;
    private readonly int _dimension;
    private readonly int _count;
    private readonly double[] _cosines;
    private readonly GroupOptions _options;
    private readonly GroupEdges[] _edges;
    private readonly float[]?[] _sums;
    private readonly int[] _sizes;
    private readonly double[] _squares;
    private readonly double[] _norms;
    private readonly long[] _outward;
    private readonly long[] _rowOutward;
    private readonly int[] _into;
    private readonly int[] _best;
    private readonly double[] _bestScore;
    private readonly HashSet<int>?[] _vetoes;
    private readonly Dictionary<int, int>?[] _apart;
    private readonly List<GroupJoin> _joins = [];

    /// <param name="centred">Centred unit vectors in rank order.</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="cosines">Expected cosine of each row to its person.</param>
    /// <param name="graph">Nearest neighbours of the centred vectors.</param>
    /// <param name="options">Settings.</param>
    public GroupMerger(float[] centred, int dimension, double[] cosines, KnnGraph graph, GroupOptions options)
    {
        _centred = centred;
        _dimension = dimension;
        _count = cosines.Length;
        _cosines = cosines;
        _options = options;
        _sums = new float[]?[_count];
        _sizes = new int[_count];
        _squares = new double[_count];
        _norms = new double[_count];
        _outward = new long[_count];
        _into = new int[_count];
        _best = new int[_count];
        _bestScore = new double[_count];
        _vetoes = new HashSet<int>?[_count];
        _apart = new Dictionary<int, int>?[_count];
        for (var i = 0; i < _count; i++)
        {
            _sizes[i] = 1;
            _squares[i] = cosines[i] * cosines[i];
            _norms[i] = cosines[i];
            _into[i] = i;
        }

        _edges = BuildEdges(graph, cosines, options);
        _rowOutward = [.. _edges.Select(Outward)];
    }

    /// <summary>The joins in the order they were made.</summary>
    public IReadOnlyList<GroupJoin> Joins => _joins;

    /// <summary>Centres that the evidence would join to another group if no constraint forbade it.</summary>
    public HashSet<int> Conflicts()
    {
        var conflicts = new HashSet<int>();
        for (var group = 0; group < _count; group++)
        {
            if (_into[group] != group || _vetoes[group] is not { } vetoes)
            {
                continue;
            }

            for (var e = 0; e < _edges[group].Count; e++)
            {
                if (_edges[group].Edges[e].Score > _options.Strictness && vetoes.Contains(_edges[group].Others[e]))
                {
                    conflicts.Add(group);
                }
            }
        }

        return conflicts;
    }

    /// <summary>Forbids that the groups of two rows ever join. To be called before <see cref="Run"/>, after must-links.</summary>
    public void Veto(int left, int right)
    {
        var (a, b) = (Find(left), Find(right));
        (_vetoes[a] ??= []).Add(b);
        (_vetoes[b] ??= []).Add(a);
    }

    /// <summary>Evidence that two rows are different people (they share a frame), short of certainty. Before <see cref="Run"/>.</summary>
    public void KeepApart(int left, int right)
    {
        var (a, b) = (Find(left), Find(right));
        if (a != b)
        {
            AddApart(a, b, 1);
            AddApart(b, a, 1);
        }
    }

    /// <summary>Joins the groups of two rows whatever the evidence. To be called before <see cref="Run"/>.</summary>
    public void MustLink(int left, int right)
    {
        var (a, b) = (Find(left), Find(right));
        if (a != b)
        {
            Join(0, Math.Min(a, b), Math.Max(a, b), double.PositiveInfinity);
        }
    }

    /// <summary>Joins until nothing is left to join.</summary>
    public void Run(Action<double>? progress, CancellationToken cancellation)
    {
        var alive = Enumerable.Range(0, _count).Where(i => _into[i] == i).ToArray();
        Rescore(alive, both: false);
        var affected = alive;
        for (var round = 1; ; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            Parallel.ForEach(affected, ChooseBest);
            var pairs = new List<int>();
            foreach (var i in affected)
            {
                // The smaller row speaks for the pair; either side may be the one that changed.
                var j = _best[i];
                if (j >= 0 && _best[j] == i && _bestScore[i] > _options.Strictness)
                {
                    pairs.Add(Math.Min(i, j));
                }
            }

            pairs.Sort();
            var joined = pairs.Distinct().ToArray();
            if (joined.Length == 0)
            {
                return;
            }

            var touched = new HashSet<int>();
            foreach (var i in joined)
            {
                Join(round, i, _best[i], _bestScore[i]);
            }

            Rescore(joined, both: true);
            foreach (var i in joined)
            {
                touched.Add(i);
                foreach (var other in _edges[i].Others)
                {
                    touched.Add(other);
                }
            }

            affected = [.. touched];
            progress?.Invoke((double)_joins.Count / _count);
        }
    }

    /// <summary>The centre row of each row.</summary>
    public int[] Labels()
    {
        var labels = new int[_count];
        for (var i = 0; i < _count; i++)
        {
            labels[i] = Find(i);
        }

        return labels;
    }

    /// <summary>Log-odds that a row belongs to a group, with the row itself taken out of it.</summary>
    public double ScoreOf(int row, int group, long support, double bestEdge)
    {
        var own = Find(row) == group;
        var sum = _sums[group];
        if (own && sum is null)
        {
            return double.NegativeInfinity;
        }

        var vector = Row(row);
        var a = _cosines[row];
        double dot, norm;
        var size = _sizes[group];
        var squares = _squares[group];
        if (own)
        {
            var direct = Similarity.Dot(vector, sum);
            dot = direct - a;
            norm = Math.Sqrt(Math.Max((_norms[group] * _norms[group]) - (2 * a * direct) + (a * a), 1e-9));
            size--;
            squares -= a * a;
        }
        else
        {
            dot = sum is null ? Similarity.Dot(vector, Row(group)) * _norms[group] : Similarity.Dot(vector, sum);
            norm = _norms[group];
        }

        var evidence = new JoinEvidence(
            dot / norm, a * squares / norm, Math.Sqrt(a * a * squares / size), 1, size,
            support, _rowOutward[row], own ? Math.Max(_outward[group], support) : _outward[group], bestEdge);
        return JoinModel.Score(_options.Weights, evidence);
    }

    private ReadOnlySpan<float> Row(int row) => _centred.AsSpan(row * _dimension, _dimension);

    private int Find(int row)
    {
        while (_into[row] != row)
        {
            row = _into[row] = _into[_into[row]];
        }

        return row;
    }

    private static GroupEdges[] BuildEdges(KnnGraph graph, double[] cosines, GroupOptions options)
    {
        var edges = new GroupEdges[graph.Count];
        for (var i = 0; i < edges.Length; i++)
        {
            edges[i] = new GroupEdges(graph.K + 4);
        }

        for (var i = 0; i < edges.Length; i++)
        {
            var rows = graph.RowsOf(i);
            var similarities = graph.SimilaritiesOf(i);
            for (var n = 0; n < rows.Length && rows[n] >= 0 && similarities[n] >= options.EdgeFloor; n++)
            {
                var ratio = JoinModel.LogRatio(similarities[n], cosines[i] * cosines[rows[n]]);
                if (ratio < options.EdgeLogRatioFloor)
                {
                    continue;
                }

                var edge = new GroupEdge(JoinModel.EdgeSupport(ratio), (float)ratio, 0);
                edges[i].Merge(rows[n], edge);
                edges[rows[n]].Merge(i, edge);
            }
        }

        return edges;
    }

    private static long Outward(GroupEdges edges)
    {
        var outward = 0L;
        foreach (var edge in edges.Edges)
        {
            outward += edge.Support;
        }

        return outward;
    }

    private void Join(int round, int into, int from, double score)
    {
        var at = _edges[into].IndexOf(from);
        var support = at < 0 ? 0 : (double)_edges[into].Edges[at].Support / JoinModel.SupportUnit;
        _joins.Add(new GroupJoin(round, into, from, score, Cosine(into, from), support, _sizes[into], _sizes[from]));
        AddTemplates(into, from);
        _sizes[into] += _sizes[from];
        _squares[into] += _squares[from];
        _norms[into] = Math.Sqrt(Similarity.Dot(_sums[into], _sums[into]));
        _into[from] = into;

        var absorbed = _edges[from];
        _edges[into].Remove(from);
        for (var e = 0; e < absorbed.Count; e++)
        {
            var other = absorbed.Others[e];
            if (other == into)
            {
                continue;
            }

            _edges[into].Merge(other, absorbed.Edges[e]);
            _edges[other].Remove(from);
            _edges[other].Merge(into, absorbed.Edges[e]);
        }

        _edges[from] = null!;
        MoveConstraints(into, from);
    }

    private void MoveConstraints(int into, int from)
    {
        if (_vetoes[from] is { } vetoes)
        {
            foreach (var other in vetoes)
            {
                _vetoes[other]!.Remove(from);
                _vetoes[other]!.Add(into);
                (_vetoes[into] ??= []).Add(other);
            }

            _vetoes[from] = null;
        }

        if (_apart[from] is { } apart)
        {
            _apart[from] = null;
            foreach (var (other, pairs) in apart)
            {
                _apart[other]!.Remove(from);
                if (other != into)
                {
                    AddApart(into, other, pairs);
                    AddApart(other, into, pairs);
                }
            }
        }
    }

    private void AddApart(int group, int other, int pairs)
    {
        var counts = _apart[group] ??= [];
        counts[other] = counts.GetValueOrDefault(other) + pairs;
    }

    /// <summary>Log-odds taken off a join for faces that were seen in one frame: the average over the smaller group, at most two per face.</summary>
    private double ApartPenalty(int a, int b) =>
        _apart[a] is { } counts && counts.TryGetValue(b, out var pairs)
            ? _options.SameFramePenalty * Math.Min(2, (double)pairs / Math.Min(_sizes[a], _sizes[b]))
            : 0;

    private void AddTemplates(int into, int from)
    {
        var sum = _sums[into] ?? Scaled(into);
        var other = _sums[from] ?? Scaled(from);
        for (var d = 0; d < sum.Length; d++)
        {
            sum[d] += other[d];
        }

        _sums[into] = sum;
        _sums[from] = null;
    }

    private float[] Scaled(int row)
    {
        var sum = new float[_dimension];
        var vector = Row(row);
        var scale = (float)_cosines[row];
        for (var d = 0; d < sum.Length; d++)
        {
            sum[d] = scale * vector[d];
        }

        return sum;
    }

    /// <summary>Scores every edge of the groups; with <paramref name="both"/>, also on the other side of the edge.</summary>
    private void Rescore(int[] groups, bool both)
    {
        Parallel.ForEach(groups, i =>
        {
            _outward[i] = Outward(_edges[i]);
        });
        Parallel.ForEach(groups, i =>
        {
            var others = _edges[i].Others;
            var edges = _edges[i].Edges;
            for (var e = 0; e < others.Length; e++)
            {
                edges[e] = edges[e] with { Score = Score(i, others[e], edges[e]) };
            }
        });
        if (!both)
        {
            return;
        }

        foreach (var i in groups)
        {
            var edges = _edges[i];
            for (var e = 0; e < edges.Count; e++)
            {
                _edges[edges.Others[e]].Set(i, edges.Edges[e]);
            }
        }
    }

    private double Score(int a, int b, GroupEdge edge)
    {
        var expected = _squares[a] / _norms[a] * (_squares[b] / _norms[b]);
        var quality = Math.Sqrt(_squares[a] / _sizes[a] * (_squares[b] / _sizes[b]));
        return JoinModel.Score(_options.Weights, new JoinEvidence(
            Cosine(a, b), expected, quality, _sizes[a], _sizes[b], edge.Support, _outward[a], _outward[b], edge.BestEdge)) - ApartPenalty(a, b);
    }

    private double Cosine(int a, int b)
    {
        var (x, y) = (_sums[a], _sums[b]);
        var dot = Similarity.Dot(x ?? Row(a), y ?? Row(b));
        return dot / ((x is null ? 1 : _norms[a]) * (y is null ? 1 : _norms[b]));
    }

    private void ChooseBest(int group)
    {
        var best = -1;
        var bestScore = double.NegativeInfinity;
        var others = _edges[group].Others;
        var edges = _edges[group].Edges;
        var vetoes = _vetoes[group];
        for (var e = 0; e < others.Length; e++)
        {
            var score = edges[e].Score;
            if (vetoes is not null && vetoes.Contains(others[e]))
            {
                continue;
            }

            if (score > bestScore || (score == bestScore && others[e] < best))
            {
                best = others[e];
                bestScore = score;
            }
        }

        _best[group] = best;
        _bestScore[group] = bestScore;
    }
}
