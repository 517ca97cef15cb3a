using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Level one in one go: the forest of a set of faces, by exact comparison of all pairs. This is the reference that the
/// incremental and the distributed forest must equal, candidate for candidate.
/// </summary>
public static class BatchForest
{
    /// <summary>Builds the forest.</summary>
    /// <param name="faces">The faces; their order does not matter.</param>
    /// <param name="options">Threshold, margin and gate.</param>
    /// <param name="progress">Told the share of the work done, in [0, 1], from any thread.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static Forest Build(FaceSet faces, ForestOptions options, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var order = ByRank(faces);
        var sorted = faces.Select(order);
        var visitor = new Visitor(sorted, options.Threshold);
        BlockScan.Run(UnitArray(sorted), sorted.Dimension, sorted.Count, visitor, progress, cancellation);
        var lists = new CandidateList[faces.Count];
        for (var i = 0; i < order.Length; i++)
        {
            lists[order[i]] = visitor.Lists[i];
        }

        return new Forest(faces, options, lists);
    }

    /// <summary>Rows in the order of rank, highest first.</summary>
    public static int[] ByRank(FaceSet faces)
    {
        ArgumentNullException.ThrowIfNull(faces);
        var order = new int[faces.Count];
        var ranks = new FaceRank[faces.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            ranks[i] = faces.Rank(i);
        }

        Array.Sort(ranks, order);
        Array.Reverse(order);
        return order;
    }

    private static float[] UnitArray(FaceSet faces) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(faces.Units, out var segment) ? segment.Array! : faces.Units.ToArray();

    /// <summary>Rows sorted by rank, so that the higher-ranked faces of a row are the ones before it.</summary>
    private sealed class Visitor(FaceSet sorted, double threshold) : BlockScan.IVisitor
    {
        public CandidateList[] Lists { get; } = new CandidateList[sorted.Count];

        public float Bar(int row)
        {
            ref var list = ref Lists[row];
            var floor = list.Count < CandidateList.Capacity ? threshold : list.Items[^1].Similarity;
            return (float)floor - FloatKernel.Slack;
        }

        public int End(int row) => row;

        public void Visit(int row, int column, float approximate)
        {
            var similarity = sorted.Similarity(row, column);
            if (similarity > threshold)
            {
                Lists[row].Offer(new Candidate(sorted.Id(column), similarity));
            }
        }
    }
}
