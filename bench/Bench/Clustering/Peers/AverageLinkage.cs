using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>Exact average-linkage clustering by the nearest-neighbour chain over the full matrix of cosines (4 bytes a pair).</summary>
internal static class AverageLinkage
{
    private static readonly Dictionary<string, List<(int Left, int Right, float Similarity)>> Merges = [];

    public static int[] Cut(BenchSet set, KnnGraph graph, double threshold)
    {
        if (!Merges.TryGetValue(set.Name, out var merges))
        {
            Merges.Add(set.Name, merges = Chain(set));
        }

        var sets = new DisjointSets(graph.Count);
        foreach (var (left, right, similarity) in merges)
        {
            if (similarity > threshold)
            {
                sets.Union(left, right);
            }
        }

        return sets.Labels();
    }

    private static List<(int Left, int Right, float Similarity)> Chain(BenchSet set)
    {
        var n = set.Faces.Count;
        var matrix = new float[n][];
        Parallel.For(0, n, i =>
        {
            matrix[i] = new float[n];
            for (var j = 0; j < n; j++)
            {
                matrix[i][j] = i == j ? float.NegativeInfinity : FloatKernel.Dot(set.Faces.Unit(i), set.Faces.Unit(j));
            }
        });

        var sizes = Enumerable.Repeat(1, n).ToArray();
        var alive = Enumerable.Repeat(true, n).ToArray();
        var merges = new List<(int, int, float)>(n);
        var chain = new Stack<int>();
        for (var next = 0; merges.Count < n - 1;)
        {
            if (chain.Count == 0)
            {
                while (!alive[next])
                {
                    next++;
                }

                chain.Push(next);
            }

            var top = chain.Pop();
            var best = Best(matrix[top]);
            if (chain.TryPeek(out var below) && matrix[top][below] >= matrix[top][best])
            {
                chain.Pop();
                merges.Add((top, below, matrix[top][below]));
                Merge(matrix, sizes, alive, top, below);
            }
            else
            {
                chain.Push(top);
                chain.Push(best);
            }
        }

        return merges;
    }

    private static int Best(float[] row)
    {
        var best = 0;
        for (var j = 1; j < row.Length; j++)
        {
            best = row[j] > row[best] ? j : best;
        }

        return best;
    }

    private static void Merge(float[][] matrix, int[] sizes, bool[] alive, int into, int from)
    {
        var (a, b) = (sizes[into], sizes[from]);
        for (var j = 0; j < sizes.Length; j++)
        {
            if (alive[j] && j != into && j != from)
            {
                matrix[into][j] = matrix[j][into] = ((a * matrix[into][j]) + (b * matrix[from][j])) / (a + b);
            }

            matrix[j][from] = float.NegativeInfinity;
        }

        sizes[into] = a + b;
        alive[from] = false;
    }
}
