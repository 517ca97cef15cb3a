namespace FaceCluster.Clustering;

/// <summary>Finds the faces whose cluster is uncertain, and says why.</summary>
internal static class MarkFinder
{
    /// <summary>Centres and standings by row of the face set.</summary>
    /// <param name="merger">The finished groups.</param>
    /// <param name="order">Rows of the face set by rank.</param>
    /// <param name="graph">Neighbours by rank.</param>
    /// <param name="options">Margins.</param>
    public static (int[] Centres, FaceStanding[] Standings) Find(GroupMerger merger, int[] order, KnnGraph graph, GroupOptions options)
    {
        var labels = merger.Labels();
        var conflicts = merger.Table.Conflicts();
        var centres = new int[labels.Length];
        var standings = new FaceStanding[labels.Length];
        WorkRanges.Run(labels.Length, (from, to) =>
        {
            for (var place = from; place < to; place++)
            {
                var (own, other, group) = Compare(merger, labels, graph, options, place);
                var alone = merger.Table.Traits(labels[place]).Size == 1;
                var marks = Judge(conflicts.Contains(labels[place]), alone, merger.Cosine(place), own, other, options);
                var row = order[merger.Places.RowAt(place)];
                centres[row] = order[merger.Places.RowAt(labels[place])];
                standings[row] = new FaceStanding(marks, (float)own, (float)other, group < 0 ? -1 : order[merger.Places.RowAt(group)]);
            }
        });
        return (centres, standings);
    }

    /// <summary>The marks of a face.</summary>
    /// <param name="conflict">Whether a constraint keeps its cluster from a join that the evidence asks for.</param>
    /// <param name="alone">Whether it is alone in its cluster.</param>
    /// <param name="cosine">Its expected cosine to its person.</param>
    /// <param name="own">Log-odds that it belongs to the rest of its cluster.</param>
    /// <param name="other">Log-odds that it belongs to the best other cluster.</param>
    /// <param name="options">Margins.</param>
    public static FaceMarks Judge(bool conflict, bool alone, double cosine, double own, double other, GroupOptions options)
    {
        var mark = conflict ? FaceMarks.Conflict : FaceMarks.None;
        if (alone && cosine < options.QualityGate)
        {
            mark |= FaceMarks.LowQuality;
        }

        var stay = alone ? options.Strictness : own;
        if (other > stay - options.AmbiguityMargin && other > options.Strictness - options.AmbiguityMargin)
        {
            mark |= FaceMarks.Ambiguous;
        }
        else if (!alone && own < options.Strictness - options.AmbiguityMargin)
        {
            mark |= FaceMarks.WeakLink;
        }

        return mark;
    }

    /// <summary>Log-odds of the face's own cluster without it, and of the best other cluster among its neighbours.</summary>
    private static (double Own, double Other, int OtherGroup) Compare(
        GroupMerger merger, int[] labels, KnnGraph graph, GroupOptions options, int place)
    {
        var rows = graph.RowsOf(merger.Places.RowAt(place));
        var similarities = graph.SimilaritiesOf(merger.Places.RowAt(place));
        Span<NearGroup> groups = rows.Length <= 64 ? stackalloc NearGroup[rows.Length] : new NearGroup[rows.Length];
        var count = 0;
        for (var n = 0; n < rows.Length && rows[n] >= 0 && similarities[n] >= options.EdgeFloor; n++)
        {
            var near = merger.Places.PlaceOf(rows[n]);
            var ratio = JoinModel.LogRatio(similarities[n], merger.Cosine(place) * merger.Cosine(near));
            var at = 0;
            while (at < count && groups[at].Group != labels[near])
            {
                at++;
            }

            if (at == count)
            {
                groups[count++] = new NearGroup(labels[near], 0, double.NegativeInfinity);
            }

            groups[at] = new NearGroup(
                groups[at].Group, groups[at].Support + (2 * JoinModel.EdgeSupport(ratio)), Math.Max(groups[at].Best, ratio));
        }

        var own = double.NegativeInfinity;
        var other = double.NegativeInfinity;
        var best = -1;
        var single = merger.Single(place);
        foreach (var group in groups[..count])
        {
            var score = ScoreOf(
                options, single, merger.Table.Traits(group.Group), group.Group == labels[place],
                merger.Table.Vectors.DotRow(place, group.Group), group.Support, group.Best);
            if (group.Group == labels[place])
            {
                own = score;
            }
            else if (score > other || (score == other && best >= 0 && merger.Places.RowAt(group.Group) < merger.Places.RowAt(best)))
            {
                (other, best) = (score, group.Group);
            }
        }

        return (own, other, best);
    }

    /// <summary>Log-odds that a face belongs to a group, with the face itself taken out of it.</summary>
    /// <param name="options">Weights.</param>
    /// <param name="single">Traits of the face alone.</param>
    /// <param name="group">Traits of the group.</param>
    /// <param name="own">Whether the face is in the group.</param>
    /// <param name="dot">Product of the face and the group's template.</param>
    /// <param name="support">Summed probability of the face's edges into the group.</param>
    /// <param name="bestEdge">Log-likelihood ratio of the best of them.</param>
    public static double ScoreOf(
        GroupOptions options, in GroupTraits single, GroupTraits group, bool own, long dot, long support, double bestEdge)
    {
        if (own)
        {
            if (group.Size == 1)
            {
                return double.NegativeInfinity;
            }

            group = GroupTraits.Of(
                group.Size - 1, group.Squares - single.Squares, group.Self - (2 * dot) + single.Self, Math.Max(group.Outward, support));
            dot -= single.Self;
        }

        return JoinModel.Score(options.Weights, single, group, dot / (single.Norm * group.Norm), support, bestEdge);
    }

    /// <summary>A group among the neighbours of a row.</summary>
    private readonly record struct NearGroup(int Group, long Support, double Best);
}
