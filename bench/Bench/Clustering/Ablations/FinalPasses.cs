using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Ablations;

/// <summary>What may be done to finished clusters; each takes centres by row and returns labels by row.</summary>
internal static class FinalPasses
{
    /// <summary>Every face goes to the cluster around it that it most likely belongs to.</summary>
    public static int[] ToLikeliest(GroupResult result)
    {
        var labels = result.Centres.ToArray();
        for (var row = 0; row < labels.Length; row++)
        {
            var standing = result.Standings[row];
            if (standing.OtherCentre >= 0 && standing.Other > Math.Max(standing.Own, result.Options.Strictness))
            {
                labels[row] = standing.OtherCentre;
            }
        }

        return labels;
    }

    /// <summary>
    /// Correlation clustering by local moves (Bansal, Blum, Chawla 2004; best one-element moves after Elsner and Schudy
    /// 2009) from the finished clusters: an edge weighs its log-likelihood ratio less <paramref name="middle"/>.
    /// </summary>
    public static int[] Correlation(int[] labels, List<(int Other, double Ratio)>[] edges, double middle)
    {
        labels = [.. labels];
        for (var sweep = 0; sweep < 10; sweep++)
        {
            var moved = false;
            for (var row = 0; row < labels.Length; row++)
            {
                var gains = new SortedDictionary<int, double> { [labels[row]] = 0 };
                foreach (var (other, ratio) in edges[row])
                {
                    gains[labels[other]] = gains.GetValueOrDefault(labels[other]) + ratio - middle;
                }

                var best = gains.MaxBy(g => g.Value);
                if (best.Value > gains[labels[row]] + 1e-9)
                {
                    labels[row] = best.Key;
                    moved = true;
                }
            }

            if (!moved)
            {
                break;
            }
        }

        return labels;
    }

    /// <summary>
    /// Single-face moves that shorten the two-level map equation (Rosvall, Bergstrom 2008) of the undirected graph whose
    /// edges weigh their probability, from the finished clusters.
    /// </summary>
    public static int[] MapEquation(int[] labels, List<(int Other, double Ratio)>[] edges)
    {
        labels = [.. labels];
        var weight = edges.Select(list => list.Select(e => (e.Other, W: 1 / (1 + Math.Exp(4 - e.Ratio)))).ToArray()).ToArray();
        var total = weight.Sum(list => list.Sum(e => e.W));
        var flow = weight.Select(list => list.Sum(e => e.W) / total).ToArray();
        var exit = new double[labels.Length];
        var inside = new double[labels.Length];
        for (var row = 0; row < labels.Length; row++)
        {
            inside[labels[row]] += flow[row];
            exit[labels[row]] += weight[row].Where(e => labels[e.Other] != labels[row]).Sum(e => e.W) / total;
        }

        var exits = exit.Sum();
        for (var sweep = 0; sweep < 10; sweep++)
        {
            var moved = false;
            for (var row = 0; row < labels.Length; row++)
            {
                var from = labels[row];
                var links = new SortedDictionary<int, double>();
                foreach (var (other, w) in weight[row])
                {
                    if (other != row)
                    {
                        links[labels[other]] = links.GetValueOrDefault(labels[other]) + (w / total);
                    }
                }

                var home = links.GetValueOrDefault(from);
                var leave = exit[from] - flow[row] + (2 * home);
                var (best, bestChange) = (from, -1e-12);
                foreach (var (to, there) in links)
                {
                    if (to == from)
                    {
                        continue;
                    }

                    var enter = exit[to] + flow[row] - (2 * there);
                    var sum = exits - exit[from] - exit[to] + leave + enter;
                    var change = P(sum) - P(exits)
                        - (2 * (P(leave) + P(enter) - P(exit[from]) - P(exit[to])))
                        + P(leave + inside[from] - flow[row]) + P(enter + inside[to] + flow[row])
                        - P(exit[from] + inside[from]) - P(exit[to] + inside[to]);
                    if (change < bestChange)
                    {
                        (best, bestChange) = (to, change);
                    }
                }

                if (best == from)
                {
                    continue;
                }

                var entering = exit[best] + flow[row] - (2 * links[best]);
                exits += leave + entering - exit[from] - exit[best];
                (exit[from], exit[best]) = (leave, entering);
                inside[from] -= flow[row];
                inside[best] += flow[row];
                labels[row] = best;
                moved = true;
            }

            if (!moved)
            {
                break;
            }
        }

        return labels;

        static double P(double x) => x <= 0 ? 0 : x * Math.Log2(x);
    }

    /// <summary>
    /// Cuts clusters at bridges: edges whose removal leaves at least <paramref name="least"/> faces on either side, where the
    /// mean cosine across is below <paramref name="floor"/>. Edges below even odds do not count.
    /// </summary>
    public static int[] CutBridges(FaceSet faces, int[] labels, List<(int Other, double Ratio)>[] edges, int least, double floor)
    {
        labels = [.. labels];
        var next = labels.Length;
        foreach (var rows in labels.Select((label, row) => (label, row)).GroupBy(p => p.label, p => p.row).Select(g => g.ToArray()).Where(g => g.Length >= 2 * least).ToArray())
        {
            var inside = rows.ToHashSet();
            foreach (var side in Sides(rows, row => edges[row].Where(e => e.Ratio > 4 && inside.Contains(e.Other)).Select(e => e.Other), least))
            {
                var there = side.ToHashSet();
                var mean = side.Average(a => rows.Where(b => !there.Contains(b)).Average(b => faces.Similarity(a, b)));
                if (mean < floor)
                {
                    side.ForEach(row => labels[row] = next);
                    next++;
                    break;
                }
            }
        }

        return labels;
    }

    /// <summary>The sides below the bridges of a graph (Tarjan 1974), of those that leave enough on both sides.</summary>
    private static List<List<int>> Sides(int[] rows, Func<int, IEnumerable<int>> neighbours, int least)
    {
        var found = new Dictionary<int, int>();
        var sides = new List<List<int>>();
        foreach (var start in rows)
        {
            if (found.ContainsKey(start))
            {
                continue;
            }

            var order = new List<int>();
            var parent = new Dictionary<int, int> { [start] = -1 };
            var stack = new Stack<(int Row, IEnumerator<int> Next)>();
            found.Add(start, found.Count);
            order.Add(start);
            var low = new Dictionary<int, int> { [start] = found[start] };
            stack.Push((start, neighbours(start).GetEnumerator()));
            while (stack.TryPeek(out var top))
            {
                if (top.Next.MoveNext())
                {
                    var other = top.Next.Current;
                    if (!found.TryGetValue(other, out var seen))
                    {
                        found.Add(other, found.Count);
                        low[other] = found[other];
                        parent[other] = top.Row;
                        order.Add(other);
                        stack.Push((other, neighbours(other).GetEnumerator()));
                    }
                    else if (other != parent[top.Row])
                    {
                        low[top.Row] = Math.Min(low[top.Row], seen);
                    }

                    continue;
                }

                stack.Pop();
                if (parent[top.Row] is var up and >= 0)
                {
                    low[up] = Math.Min(low[up], low[top.Row]);
                    if (low[top.Row] > found[up])
                    {
                        // Everything found after the lower end and finished by now hangs below the bridge.
                        var below = order.GetRange(order.IndexOf(top.Row), order.Count - order.IndexOf(top.Row));
                        if (below.Count >= least && rows.Length - below.Count >= least)
                        {
                            sides.Add(below);
                        }
                    }
                }
            }
        }

        return sides;
    }
}
