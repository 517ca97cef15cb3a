using FaceCluster.Core;

namespace FaceCluster.Index.Scanning;

/// <summary>
/// Splits survivors by rank: higher rows compete for the new face's candidate list, lower rows are offers if they may
/// still take one.
/// </summary>
internal sealed class LinkSink : IScanSink
{
    private readonly IndexView _view;
    private readonly QueryPlan _plan;
    private readonly FaceRank[] _ranks;
    private readonly double _threshold;
    private readonly TopCollector[] _candidates;

    public LinkSink(IndexView view, QueryPlan plan, FaceRank[] ranks, double threshold, int listLength)
    {
        _view = view;
        _plan = plan;
        _ranks = ranks;
        _threshold = threshold;
        _candidates = new TopCollector[plan.Count];
        Cuts = new float[plan.Count];
        Offers = new List<Neighbour>[plan.Count];
        for (var query = 0; query < plan.Count; query++)
        {
            _candidates[query] = new TopCollector(listLength, MathF.BitDecrement((float)threshold));
            Cuts[query] = plan.Cut(query, threshold);
            Offers[query] = [];
        }
    }

    public float[] Cuts { get; }

    public List<Neighbour>[] Offers { get; }

    public TopCollector Candidates(int query) => _candidates[query];

    public void Refresh()
    {
    }

    public void Offer(int query, int row, float upper, float lower)
    {
        var order = _view.Rank(row).CompareTo(_ranks[query]);
        if (order == 0 || _view.IsDeleted(row))
        {
            return;
        }

        if (order > 0)
        {
            _candidates[query].Add(row, upper, lower);
            return;
        }

        var acceptance = _view.Acceptance(row);
        if (upper >= acceptance)
        {
            var neighbour = _view.Score(row, _plan.Unit(query));
            if (neighbour.Similarity > _threshold && neighbour.Similarity >= acceptance)
            {
                Offers[query].Add(neighbour);
            }
        }
    }
}
