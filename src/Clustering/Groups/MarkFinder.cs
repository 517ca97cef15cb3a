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

        var conflicts = merger.Conflicts();
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
        var groups = new Dictionary<int, (long Support, double Best)>();
        var rows = graph.RowsOf(row);
        var similarities = graph.SimilaritiesOf(row);
        for (var n = 0; n < rows.Length && rows[n] >= 0 && similarities[n] >= options.EdgeFloor; n++)
        {
            var ratio = JoinModel.LogRatio(similarities[n], cosines[row] * cosines[rows[n]]);
            var group = labels[rows[n]];
            var known = groups.GetValueOrDefault(group, (0, double.NegativeInfinity));
            groups[group] = (known.Support + (2 * JoinModel.EdgeSupport(ratio)), Math.Max(known.Best, ratio));
        }

        var own = double.NegativeInfinity;
        var other = double.NegativeInfinity;
        foreach (var (group, evidence) in groups)
        {
            var score = merger.ScoreOf(row, group, evidence.Support, evidence.Best);
            if (group == labels[row])
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
}
