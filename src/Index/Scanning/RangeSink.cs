namespace FaceCluster.Index.Scanning;

/// <summary>Scores every row that may reach a fixed similarity at once: there is no better time to do it.</summary>
internal sealed class RangeSink : IScanSink
{
    private readonly IndexView _view;
    private readonly QueryPlan _plan;
    private readonly double _minSimilarity;
    private readonly RowFilter? _filter;

    public RangeSink(IndexView view, QueryPlan plan, double minSimilarity, RowFilter? filter)
    {
        _view = view;
        _plan = plan;
        _minSimilarity = minSimilarity;
        _filter = filter;
        Cuts = new float[plan.Count];
        Found = new List<Neighbour>[plan.Count];
        for (var query = 0; query < plan.Count; query++)
        {
            Cuts[query] = plan.Cut(query, minSimilarity);
            Found[query] = [];
        }
    }

    public float[] Cuts { get; }

    public List<Neighbour>[] Found { get; }

    public void Refresh()
    {
    }

    public void Offer(int query, int row, float upper, float lower)
    {
        if (_view.IsDeleted(row) || (_filter is not null && !_filter.Accepts(_view.Face(row))))
        {
            return;
        }

        var neighbour = _view.Score(row, _plan.Unit(query));
        if (neighbour.Similarity >= _minSimilarity)
        {
            Found[query].Add(neighbour);
        }
    }
}
