using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Bench.Clustering.Ablations;

/// <summary>
/// Two levels by bare cosines: the forest, then templates (sums of the raw embeddings) joined by the same rule under a
/// threshold of their own until nothing changes. Where a group is wide, it may stand as two prototypes.
/// </summary>
internal static class PlainTwoLevel
{
    private const int Wide = 8;

    public static int[] Run(FaceSet faces, double threshold, double templates, bool prototypes)
    {
        var labels = BatchForest.Build(faces, new ForestOptions(threshold)).Roots.ToArray();
        for (var round = 0; round < 8; round++)
        {
            var groups = labels.Select((label, row) => (label, row)).GroupBy(p => p.label, p => p.row).Select(g => g.ToArray()).ToArray();
            var parts = groups.SelectMany((rows, group) => (prototypes && rows.Length >= Wide ? Halves(faces, rows) : [rows]).Select(part => (group, part))).ToArray();
            var raw = new float[parts.Length * faces.Dimension];
            Parallel.For(0, parts.Length, p => Sum(faces, parts[p].part).CopyTo(raw.AsSpan(p * faces.Dimension)));
            var sums = FaceSet.FromRaw(raw, faces.Dimension, [.. Enumerable.Range(0, parts.Length).Select(p => new FaceId(1, (ulong)p + 1))]);
            var parents = BatchForest.Build(sums, new ForestOptions(templates)).Parents;
            var sets = new Peers.DisjointSets(groups.Length);
            var joined = false;
            for (var p = 0; p < parts.Length; p++)
            {
                if (parents[p] >= 0 && parts[p].group != parts[parents[p]].group)
                {
                    sets.Union(parts[p].group, parts[parents[p]].group);
                    joined = true;
                }
            }

            if (!joined)
            {
                break;
            }

            var roots = sets.Labels();
            for (var g = 0; g < groups.Length; g++)
            {
                foreach (var row in groups[g])
                {
                    labels[row] = roots[g];
                }
            }
        }

        return labels;
    }

    private static float[] Sum(FaceSet faces, int[] rows)
    {
        var sum = new float[faces.Dimension];
        foreach (var row in rows)
        {
            var unit = faces.Unit(row);
            for (var d = 0; d < sum.Length; d++)
            {
                sum[d] += faces.Magnitudes[row] * unit[d];
            }
        }

        return sum;
    }

    /// <summary>Two means, started from the highest-ranked face and the one least like it.</summary>
    private static int[][] Halves(FaceSet faces, int[] rows)
    {
        var first = rows.MaxBy(faces.Rank);
        int[][] halves = [[first], [rows.MinBy(row => faces.Similarity(row, first))]];
        for (var step = 0; step < 5; step++)
        {
            var means = halves.Select(half => { var sum = Sum(faces, half); Similarity.Normalize(sum, sum); return sum; }).ToArray();
            var sides = rows.ToLookup(row => Similarity.Dot(faces.Unit(row), means[0]) >= Similarity.Dot(faces.Unit(row), means[1]));
            if (!sides[true].Any() || !sides[false].Any())
            {
                return [rows];
            }

            halves = [[.. sides[true]], [.. sides[false]]];
        }

        return halves;
    }
}
