namespace FaceCluster.Clustering;

/// <summary>
/// Cosines of pairs of different people, found without labels: what a threshold must lie above.
/// </summary>
/// <remarks>
/// Two faces of one frame are two people, so those pairs are used where there are enough. Otherwise random pairs are
/// drawn; the few that are one person lie in the upper tail, so the upper tail is taken as the mirror image of the lower
/// one about the median. The mirror misses people who look alike: on lfw-dev it gives a lower threshold than labels do.
/// </remarks>
public sealed class ImpostorDistribution
{
    /// <summary>Fewest pairs of one frame that are trusted alone.</summary>
    public const int EnoughFramePairs = 10_000;

    private readonly double[] _sorted;

    private ImpostorDistribution(double[] sorted, bool mirrored)
    {
        _sorted = sorted;
        IsMirrored = mirrored;
    }

    /// <summary>Whether random pairs were drawn and the upper tail is the mirror of the lower one.</summary>
    public bool IsMirrored { get; }

    /// <summary>The cosines, ascending.</summary>
    public ReadOnlySpan<double> Cosines => _sorted;

    /// <summary>Measures a set of faces. The same set gives the same pairs whatever the order of its rows.</summary>
    /// <param name="faces">At least two faces.</param>
    /// <param name="constraints">Where the pairs of one frame are, or null.</param>
    /// <param name="pairs">Random pairs to draw, at least 100.</param>
    public static ImpostorDistribution Measure(FaceSet faces, ConstraintSet? constraints = null, int pairs = 500_000)
    {
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentOutOfRangeException.ThrowIfLessThan(faces.Count, 2, nameof(faces));
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs, 100);
        var order = BatchForest.ByRank(faces);
        var cosines = new List<double>();
        if (constraints is { SameFrame.Count: >= EnoughFramePairs })
        {
            var rows = order.ToDictionary(faces.Id);
            cosines.AddRange(constraints.SameFrame
                .Where(pair => rows.ContainsKey(pair.Left) && rows.ContainsKey(pair.Right))
                .Select(pair => faces.Similarity(rows[pair.Left], rows[pair.Right])));
        }

        var mirrored = cosines.Count < EnoughFramePairs;
        if (mirrored)
        {
            cosines.Clear();
            var random = new Random(1);
            while (cosines.Count < pairs)
            {
                var (left, right) = (random.Next(faces.Count), random.Next(faces.Count));
                if (left != right)
                {
                    cosines.Add(faces.Similarity(order[left], order[right]));
                }
            }
        }

        cosines.Sort();
        return new ImpostorDistribution([.. cosines], mirrored);
    }

    /// <summary>The cosine that a pair of different people exceeds with the given probability.</summary>
    /// <param name="falseLinkRate">In (0, 0.5]; below one over the number of pairs the answer is the extreme pair.</param>
    public double Threshold(double falseLinkRate)
    {
        if (!(falseLinkRate > 0 && falseLinkRate <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(falseLinkRate), falseLinkRate, "The false-link rate must be in (0, 0.5].");
        }

        var tail = (int)(falseLinkRate * (_sorted.Length - 1));
        return IsMirrored
            ? Math.Min(1, (2 * _sorted[_sorted.Length / 2]) - _sorted[tail])
            : _sorted[_sorted.Length - 1 - tail];
    }
}
