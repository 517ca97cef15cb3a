namespace FaceCluster.Clustering;

/// <summary>What the clusters around a region did, read round by round. One script serves many refreshes.</summary>
internal sealed class LiveScript
{
    private readonly Acts<RecordedJoin> _joins = new(join => join.Join.Round);
    private readonly Acts<RecordedChoice> _choices = new(choice => choice.Round);

    /// <summary>The joins of the present round, those of a cluster in their order.</summary>
    public ReadOnlySpan<RecordedJoin> Joins => _joins.Present;

    /// <summary>The choices of the present round.</summary>
    public ReadOnlySpan<RecordedChoice> Choices => _choices.Present;

    /// <summary>The next round in which something happened, or null at the end.</summary>
    public int? Next => (_joins.Next, _choices.Next) switch
    {
        ({ } join, { } choice) => Math.Min(join, choice),
        var (join, choice) => join ?? choice,
    };

    /// <summary>Starts over with other clusters, at round 0.</summary>
    public void Start(IReadOnlyCollection<LiveCluster> clusters)
    {
        _joins.Start(clusters, cluster => cluster.Joins);
        _choices.Start(clusters, cluster => cluster.Choices);
    }

    /// <summary>Goes on to a later round.</summary>
    public void MoveTo(int round)
    {
        _joins.MoveTo(round);
        _choices.MoveTo(round);
    }

    /// <summary>Acts of one kind, put in order by round. Rounds are few, so each has its place in a table.</summary>
    private sealed class Acts<T>(Func<T, int> roundOf)
        where T : struct
    {
        // Where the acts of each round start, and where the last ones end.
        private int[] _starts = new int[64];
        private T[] _acts = new T[256];
        private int _rounds;
        private int _round;

        public ReadOnlySpan<T> Present =>
            _round < _rounds ? _acts.AsSpan(_starts[_round].._starts[_round + 1]) : [];

        public int? Next
        {
            get
            {
                var next = _round + 1;
                while (next < _rounds && _starts[next] == _starts[next + 1])
                {
                    next++;
                }

                return next < _rounds ? next : null;
            }
        }

        public void Start(IReadOnlyCollection<LiveCluster> clusters, Func<LiveCluster, T[]> actsOf)
        {
            Array.Clear(_starts);
            _rounds = 0;
            _round = 0;
            var count = 0;
            foreach (var cluster in clusters)
            {
                foreach (ref readonly var act in actsOf(cluster).AsSpan())
                {
                    var round = roundOf(act);
                    _rounds = Math.Max(_rounds, round + 1);
                    if (_rounds >= _starts.Length)
                    {
                        Array.Resize(ref _starts, 2 * _rounds);
                    }

                    _starts[round + 1]++;
                    count++;
                }
            }

            for (var round = 0; round < _rounds; round++)
            {
                _starts[round + 1] += _starts[round];
            }

            if (count > _acts.Length)
            {
                _acts = new T[2 * count];
            }

            Span<int> free = _rounds <= 256 ? stackalloc int[_rounds] : new int[_rounds];
            _starts.AsSpan(0, _rounds).CopyTo(free);
            foreach (var cluster in clusters)
            {
                foreach (ref readonly var act in actsOf(cluster).AsSpan())
                {
                    _acts[free[roundOf(act)]++] = act;
                }
            }
        }

        public void MoveTo(int round) => _round = round;
    }
}
