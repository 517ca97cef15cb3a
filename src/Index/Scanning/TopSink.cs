namespace FaceCluster.Index.Scanning;

/// <summary>Collects the possible best k per query; workers share how far the floor has risen.</summary>
internal sealed class TopSink : IScanSink
{
    private readonly IndexView _view;
    private readonly QueryPlan _plan;
    private readonly RowFilter? _filter;
    private readonly float[] _sharedFloors;
    private readonly TopCollector[] _collectors;

    public TopSink(IndexView view, QueryPlan plan, int k, RowFilter? filter, float[] sharedFloors)
    {
        _view = view;
        _plan = plan;
        _filter = filter;
        _sharedFloors = sharedFloors;
        _collectors = new TopCollector[plan.Count];
        Cuts = new float[plan.Count];
        for (var query = 0; query < plan.Count; query++)
        {
            _collectors[query] = new TopCollector(k, float.NegativeInfinity);
            Cuts[query] = float.NegativeInfinity;
        }
    }

    public float[] Cuts { get; }

    public TopCollector Collector(int query) => _collectors[query];

    // A floor is a fact about the whole view, so one that is overwritten by a smaller one only prunes less.
    public void Refresh()
    {
        for (var query = 0; query < _collectors.Length; query++)
        {
            var collector = _collectors[query];
            var shared = Volatile.Read(ref _sharedFloors[query]);
            if (shared > collector.Floor)
            {
                collector.Raise(shared);
                Cuts[query] = _plan.Cut(query, shared);
            }
            else if (shared < collector.Floor)
            {
                Volatile.Write(ref _sharedFloors[query], collector.Floor);
            }
        }
    }

    public void Offer(int query, int row, float upper, float lower)
    {
        if (_view.IsDeleted(row) || (_filter is not null && !_filter.Accepts(_view.Face(row))))
        {
            return;
        }

        var collector = _collectors[query];
        if (collector.Add(row, upper, lower))
        {
            Cuts[query] = _plan.Cut(query, collector.Floor);
        }
    }
}
