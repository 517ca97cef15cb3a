namespace FaceCluster.Clustering;

/// <summary>Finds the faces whose cluster is uncertain, and says why.</summary>
internal static class MarkFinder
{
    /// <summary>Marks by position in rank order.</summary>
    public static FaceMarks[] Find(GroupMerger merger, int[] labels, double[] cosines, KnnGraph graph, GroupOptions options)
    {
        var sizes = new int[labels.Length];
        foreach (var label in labels)
        {
            sizes[label]++;
        }

        var conflicts = merger.Table.Conflicts();
        var marks = new FaceMarks[labels.Length];
        Parallel.For(0, labels.Length, row =>
        {
            var mark = FaceMarks.None;
            if (conflicts.Contains(labels[row]))
            {
                mark |= FaceMarks.Conflict;
            }

            var alone = sizes[labels[row]] == 1;
            if (alone && cosines[row] < options.QualityGate)
            {
                mark |= FaceMarks.LowQuality;
            }

            var (own, other) = Compare(merger, labels, cosines, graph, options, row);
            var stay = alone ? options.Strictness : own;
            if (other > stay - options.AmbiguityMargin && other > options.Strictness - options.AmbiguityMargin)
            {
                mark |= FaceMarks.Ambiguous;
            }
            else if (!alone && own < options.Strictness - options.AmbiguityMargin)
            {
                mark |= FaceMarks.WeakLink;
            }

            marks[row] = mark;
        });
        return marks;
    }

    /// <summary>Log-odds of the row's own cluster without it, and of the best other cluster among its neighbours.</summary>
    private static (double Own, double Other) Compare(
        GroupMerger merger, int[] labels, double[] cosines, KnnGraph graph, GroupOptions options, int row)
    {
        var rows = graph.RowsOf(row);
        var similarities = graph.SimilaritiesOf(row);
        Span<NearGroup> groups = rows.Length <= 64 ? stackalloc NearGroup[rows.Length] : new NearGroup[rows.Length];
        var count = 0;
        for (var n = 0; n < rows.Length && rows[n] >= 0 && similarities[n] >= options.EdgeFloor; n++)
        {
            var ratio = JoinModel.LogRatio(similarities[n], cosines[row] * cosines[rows[n]]);
            var at = 0;
            while (at < count && groups[at].Group != labels[rows[n]])
            {
                at++;
            }

            if (at == count)
            {
                groups[count++] = new NearGroup(labels[rows[n]], 0, double.NegativeInfinity);
            }

            groups[at] = new NearGroup(
                groups[at].Group, groups[at].Support + (2 * JoinModel.EdgeSupport(ratio)), Math.Max(groups[at].Best, ratio));
        }

        var own = double.NegativeInfinity;
        var other = double.NegativeInfinity;
        var single = merger.Single(row);
        foreach (var group in groups[..count])
        {
            var score = ScoreOf(merger, options, row, single, labels[row], group);
            if (group.Group == labels[row])
            {
                own = score;
            }
            else
            {
                other = Math.Max(other, score);
            }
        }

        return (own, other);
    }

    /// <summary>Log-odds that a row belongs to a group, with the row itself taken out of it.</summary>
    private static double ScoreOf(GroupMerger merger, GroupOptions options, int row, in GroupTraits single, int label, NearGroup near)
    {
        var traits = merger.Table.Traits(near.Group);
        var dot = merger.Table.Vectors.DotRow(row, near.Group);
        if (near.Group == label)
        {
            if (traits.Size == 1)
            {
                return double.NegativeInfinity;
            }

            traits = GroupTraits.Of(
                traits.Size - 1, traits.Squares - single.Squares, traits.Self - (2 * dot) + single.Self, Math.Max(traits.Outward, near.Support));
            dot -= single.Self;
        }

        return JoinModel.Score(options.Weights, single, traits, dot / (single.Norm * traits.Norm), near.Support, near.Best);
    }

    /// <summary>A group among the neighbours of a row.</summary>
    private readonly record struct NearGroup(int Group, long Support, double Best);
}
