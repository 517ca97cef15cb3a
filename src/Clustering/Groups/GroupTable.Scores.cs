namespace FaceCluster.Clustering;

/// <content>Scores of edges, and the choice of a group among them.</content>
internal sealed partial class GroupTable
{
    /// <summary>Log-odds of the join of two groups, faces of one frame taken into account.</summary>
    public static float ScoreOf(
        GroupOptions options, in GroupTraits a, in GroupTraits b, long dot, long support, float bestEdge, int pairsInOneFrame)
    {
        var score = JoinModel.Score(options.Weights, a, b, dot / (a.Norm * b.Norm), support, bestEdge);

        // The average over the smaller group, at most two per face.
        return (float)(pairsInOneFrame == 0 ? score : score - (options.SameFramePenalty * Math.Min(2, (double)pairsInOneFrame / Math.Min(a.Size, b.Size))));
    }

    /// <summary>Scores the edges of a group on its own side.</summary>
    private void ScoreAll(int group)
    {
        for (var segment = group; segment >= 0; segment = _edges.Next(segment))
        {
            foreach (ref var edge in _edges.Segment(segment))
            {
                Score(group, ref edge);
            }
        }
    }

    /// <summary>Scores the edges of a joined group on both sides. Of two joined groups the lower row does it.</summary>
    private void ScoreJoined(int group)
    {
        for (var segment = group; segment >= 0; segment = _edges.Next(segment))
        {
            foreach (ref var edge in _edges.Segment(segment))
            {
                if (edge.Other < group && _round.Took(edge.Other))
                {
                    continue;
                }

                Score(group, ref edge);
                _edges.Find(edge.Other, group).Mirror(edge);
            }
        }
    }

    /// <summary>
    /// Scores an edge. The score rises with the product of the templates, so where even an upper bound does not reach the
    /// strictness, nobody will ask for the product itself.
    /// </summary>
    private void Score(int group, ref GroupEdge edge)
    {
        edge.Score = ScoreOf(group, edge);
        if (!edge.IsExact && (edge.Score > _options.Strictness || !_boundsHold))
        {
            edge.Set(_vectors.Dot(group, edge.Other), exact: true);
            edge.Score = ScoreOf(group, edge);
        }
    }

    private float ScoreOf(int group, in GroupEdge edge) => ScoreOf(
        _options, _traits[group], _traits[edge.Other], edge.Dot, edge.Support, edge.Best,
        Vetoes.IsEmpty ? 0 : Vetoes.PairsInOneFrame(group, edge.Other));

    private void Choose(int group)
    {
        var best = -1;
        var bestScore = (float)_options.Strictness;
        for (var segment = group; segment >= 0; segment = _edges.Next(segment))
        {
            foreach (ref readonly var edge in _edges.Segment(segment))
            {
                if ((edge.Score > bestScore || (edge.Score == bestScore && best >= 0 && IsHigher(edge.Other, best))) && !Forbidden(group, edge.Other))
                {
                    best = edge.Other;
                    bestScore = edge.Score;
                }
            }
        }

        _best[group] = best;
        _bestScore[group] = bestScore;
    }
}
