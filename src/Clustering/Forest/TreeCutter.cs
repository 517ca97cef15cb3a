namespace FaceCluster.Clustering;

/// <summary>
/// Cuts trees where a person says so: of all edges those are kept that a builder keeps who takes them by falling similarity
/// and leaves out each that would bring two forbidden faces together.
/// </summary>
/// <remarks>
/// In a tree that leaves out, for a pair that must stay apart, the weakest edge of the path between the two: all stronger
/// edges of the path have been taken before, and only the last one closes it. The order is total (similarity, then rank
/// of the child), so the outcome is a function of the set.
/// </remarks>
internal static class TreeCutter
{
    /// <summary>An edge of a tree; rows are in rank order.</summary>
    public readonly record struct Edge(int Child, int Parent, double Similarity);

    /// <summary>The parts that remain.</summary>
    /// <param name="rows">Number of rows, in rank order.</param>
    /// <param name="edges">The edges of the trees.</param>
    /// <param name="must">Pairs that belong together; free of contradictions to <paramref name="cannot"/>.</param>
    /// <param name="cannot">Pairs that must stay apart.</param>
    /// <param name="cuts">Receives the edges that were left out.</param>
    /// <returns>For each row the highest-ranked row of its part.</returns>
    public static int[] Cut(
        int rows, IEnumerable<Edge> edges, IEnumerable<(int Left, int Right)> must, IEnumerable<(int Left, int Right)> cannot, List<Edge> cuts)
    {
        var into = new int[rows];
        for (var i = 0; i < rows; i++)
        {
            into[i] = i;
        }

        var vetoes = new GroupVetoes();
        foreach (var (left, right) in must)
        {
            Join(Find(left), Find(right));
        }

        foreach (var (left, right) in cannot)
        {
            vetoes.Forbid(Find(left), Find(right));
        }

        foreach (var edge in edges.OrderByDescending(e => e.Similarity).ThenBy(e => e.Child))
        {
            var (child, parent) = (Find(edge.Child), Find(edge.Parent));
            if (vetoes.Forbidden(child, parent))
            {
                cuts.Add(edge);
            }
            else
            {
                Join(child, parent);
            }
        }

        for (var i = 0; i < rows; i++)
        {
            into[i] = Find(i);
        }

        return into;

        int Find(int row)
        {
            while (into[row] != row)
            {
                row = into[row] = into[into[row]];
            }

            return row;
        }

        void Join(int a, int b)
        {
            if (a != b)
            {
                into[Math.Max(a, b)] = Math.Min(a, b);
                vetoes.Join(Math.Min(a, b), Math.Max(a, b));
            }
        }
    }
}
