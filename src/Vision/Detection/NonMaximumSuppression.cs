using FaceCluster.Vision.Geometry;

namespace FaceCluster.Vision.Detection;

/// <summary>Keeps the best of boxes that show the same face.</summary>
internal static class NonMaximumSuppression
{
    /// <summary>
    /// Greedy suppression: in falling order of score a box is kept unless it overlaps one already kept by more than
    /// <paramref name="overlap"/>, or lies inside one (or one inside it) by more than <paramref name="containment"/>
    /// of the smaller area. The order of <paramref name="detections"/> does not matter.
    /// </summary>
    /// <param name="detections">Any boxes.</param>
    /// <param name="overlap">Intersection over union, 0 to 1.</param>
    /// <param name="containment">Intersection over the smaller area; infinity switches this off (rounding takes the quotient over 1).</param>
    /// <param name="limit">Boxes looked at, best first: bounds the quadratic cost.</param>
    public static List<Detection> Apply(IEnumerable<Detection> detections, float overlap, float containment = float.PositiveInfinity, int limit = 5_000)
    {
        var kept = new List<Detection>();
        foreach (var candidate in detections.OrderByDescending(d => d.Score).ThenBy(d => d.Box.Left).ThenBy(d => d.Box.Top).Take(limit))
        {
            if (!kept.Exists(other => Same(candidate.Box, other.Box, overlap, containment)))
            {
                kept.Add(candidate);
            }
        }

        return kept;
    }

    private static bool Same(FaceBox a, FaceBox b, float overlap, float containment)
    {
        var shared = a.Intersection(b);
        return shared > 0 && (shared / (a.Area + b.Area - shared) > overlap || shared / Math.Min(a.Area, b.Area) > containment);
    }
}
