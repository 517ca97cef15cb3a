namespace FaceCluster.Vision.Geometry;

/// <summary>The five points that align a face. Left and right are as seen in the picture.</summary>
public readonly record struct FivePoints(PointF LeftEye, PointF RightEye, PointF Nose, PointF LeftMouth, PointF RightMouth)
{
    /// <summary>Number of points.</summary>
    public const int Count = 5;

    /// <summary>Point 0 to 4 in the order of the parameters.</summary>
    public PointF this[int index] => index switch
    {
        0 => LeftEye,
        1 => RightEye,
        2 => Nose,
        3 => LeftMouth,
        4 => RightMouth,
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A face has the points 0 to 4."),
    };

    /// <summary>
    /// Takes the five points from the 68 of the iBUG 300-W scheme (0-based): an eye is the mean of its four lid points,
    /// the nose its tip, a mouth corner the mean of its outer and inner point.
    /// </summary>
    public static FivePoints FromIbug68(ReadOnlySpan<PointF> points)
    {
        if (points.Length != 68)
        {
            throw new ArgumentException($"68 points are needed, not {points.Length}.", nameof(points));
        }

        return new FivePoints(
            Mean(points[37], points[38], points[40], points[41]),
            Mean(points[43], points[44], points[46], points[47]),
            points[30],
            Mean(points[48], points[60]),
            Mean(points[54], points[64]));
    }

    private static PointF Mean(params ReadOnlySpan<PointF> points)
    {
        float x = 0, y = 0;
        foreach (var point in points)
        {
            x += point.X;
            y += point.Y;
        }

        return new PointF(x / points.Length, y / points.Length);
    }
}
