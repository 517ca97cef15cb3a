namespace FaceCluster.Index.Scanning;

/// <summary>From what the workers collected to the exact answer.</summary>
internal static class Finishing
{
    /// <summary>
    /// The best <paramref name="k"/> of the collected rows by canonical similarity above <paramref name="above"/>,
    /// scored in the order of their upper bounds until no bound reaches the k-th best.
    /// </summary>
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
            collector.Lowers.CopyTo(lowers.AsSpan(count));
            count += collector.Count;
        }

        if (count >= k)
        {
            floor = Math.Max(floor, Selection.Largest(lowers, k));
        }

        count = 0;
        foreach (var collector in collected)
        {
            for (var i = 0; i < collector.Count; i++)
            {
                if (collector.Uppers[i] >= floor)
                {
                    (rows[count], uppers[count]) = (collector.Rows[i], -collector.Uppers[i]);
                    count++;
                }
            }
        }

        Array.Sort(uppers, rows, 0, count);
        var best = new SortedTop(k);
        for (var i = 0; i < count && (!best.IsFull || -uppers[i] >= best.Worst.Similarity); i++)
        {
            var neighbour = view.Score(rows[i], query);
            if (neighbour.Similarity > above)
            {
                best.Add(neighbour);
            }
        }

        return best.ToArray();
    }
}
