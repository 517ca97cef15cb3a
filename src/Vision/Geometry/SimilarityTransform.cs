namespace FaceCluster.Vision.Geometry;

/// <summary>
/// Rotation, uniform scale and shift of the plane: x' = A x - B y + Tx, y' = B x + A y + Ty. Never a reflection.
/// </summary>
public readonly record struct SimilarityTransform(double A, double B, double Tx, double Ty)
{
    /// <summary>Length in the target of one pixel of the source.</summary>
    public double Scale => Math.Sqrt((A * A) + (B * B));

    /// <summary>The transform back.</summary>
    public SimilarityTransform Inverse
    {
        get
        {
            var square = (A * A) + (B * B);
            var (a, b) = (A / square, -B / square);
            return new SimilarityTransform(a, b, (b * Ty) - (a * Tx), -(b * Tx) - (a * Ty));
        }
    }

    /// <summary>Maps one point.</summary>
    public (double X, double Y) Apply(double x, double y) => ((A * x) - (B * y) + Tx, (B * x) + (A * y) + Ty);

    /// <summary>
    /// The transform from <paramref name="source"/> to <paramref name="target"/> with the least squared distance
    /// (S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE TPAMI
    /// 13(4), 1991). In the plane its singular value decomposition has a closed form: the best rotation over SO(2)
    /// turns by atan2 of the two sums below, which also covers mirrored and collinear points.
    /// </summary>
    /// <returns><see langword="false"/> where the points coincide or are not finite, so that no scale exists.</returns>
    public static bool TryEstimate(FivePoints source, FivePoints target, out SimilarityTransform transform)
    {
        double sx = 0, sy = 0, tx = 0, ty = 0;
        for (var i = 0; i < FivePoints.Count; i++)
        {
            sx += source[i].X;
            sy += source[i].Y;
            tx += target[i].X;
            ty += target[i].Y;
        }

        (sx, sy, tx, ty) = (sx / FivePoints.Count, sy / FivePoints.Count, tx / FivePoints.Count, ty / FivePoints.Count);
        double along = 0, across = 0, variance = 0;
        for (var i = 0; i < FivePoints.Count; i++)
        {
            var (x, y) = (source[i].X - sx, source[i].Y - sy);
            var (u, v) = (target[i].X - tx, target[i].Y - ty);
            along += (x * u) + (y * v);
            across += (x * v) - (y * u);
            variance += (x * x) + (y * y);
        }

        var (a, b) = (along / variance, across / variance);
        transform = new SimilarityTransform(a, b, tx - (a * sx) + (b * sy), ty - (b * sx) - (a * sy));
        return double.IsFinite(a) && double.IsFinite(b) && transform.Scale > 0;
    }
}
