namespace FaceCluster.Index.Scanning;

/// <summary>From what the workers collected to the exact answer.</summary>
internal static class Finishing
{
    /// <summary>What several workers collected for one query, taken together.</summary>
    public static Neighbour[] Best(
        IndexView view, ReadOnlySpan<float> query, int k, double above, ReadOnlySpan<TopCollector> collected)
    {
        var count = 0;
        var floor = float.NegativeInfinity;
        foreach (var collector in collected)
        {
            count += collector.Count;
            floor = Math.Max(floor, collector.Floor);
        }

        var (rows, uppers, lowers) = (new int[count], new float[count], new float[count]);
        count = 0;
        foreach (var collector in collected)
        {
            collector.Rows.CopyTo(rows.AsSpan(count));
            collector.Uppers.CopyTo(uppers.AsSpan(count));
            collector.Lowers.CopyTo(lowers.AsSpan(count));
            count += collector.Count;
        }

        return Best(view, query, k, above, rows, uppers, lowers, floor);
    }

    /// <summary>
    /// The best <paramref name="k"/> of the collected rows by canonical similarity above <paramref name="above"/>,
    /// scored in the order of their upper bounds until no bound reaches the k-th best.
    /// </summary>
    public static Neighbour[] Best(
        IndexView view,
        ReadOnlySpan<float> query,
        int k,
        double above,
        ReadOnlySpan<int> rows,
        ReadOnlySpan<float> uppers,
        ReadOnlySpan<float> lowers,
        float floor)
    {
        if (rows.Length >= k)
        {
            floor = Math.Max(floor, Selection.Largest(lowers.ToArray(), k));
        }

        var (order, keys, count) = (new int[rows.Length], new float[rows.Length], 0);
        for (var i = 0; i < rows.Length; i++)
        {
            if (uppers[i] >= floor)
            {
                (order[count], keys[count]) = (rows[i], -uppers[i]);
                count++;
            }
        }

        Array.Sort(keys, order, 0, count);
        var best = new SortedTop(k);
        for (var i = 0; i < count && (!best.IsFull || -keys[i] >= best.Worst.Similarity); i++)
        {
            var neighbour = view.Score(order[i], query);
            if (neighbour.Similarity > above)
            {
                best.Add(neighbour);
            }
        }

        return best.ToArray();
    }
}
