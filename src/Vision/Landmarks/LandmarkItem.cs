using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;

namespace FaceCluster.Vision.Landmarks;

/// <summary>One face box: a grey square in, 68 points relative to the box out.</summary>
internal sealed class LandmarkItem : BatchItem
{
    private readonly float[] _grey;
    private readonly FaceBox _box;

    public LandmarkItem(PixelBuffer picture, FaceBox box, int size)
    {
        _box = box;
        _grey = new float[size * size];
        GreyCrop.Sample(picture, box, size, _grey);
    }

    /// <summary>The five points in pixels of the picture.</summary>
    public FivePoints Points { get; private set; }

    public override void WriteInput(Span<float> destination)
    {
        // The model was trained on x / 256.
        for (var i = 0; i < _grey.Length; i++)
        {
            destination[i] = _grey[i] * (1f / 256);
        }
    }

    public override void ReadOutput(int output, ReadOnlySpan<float> values)
    {
        Span<PointF> points = stackalloc PointF[68];
        for (var i = 0; i < points.Length; i++)
        {
            points[i] = new PointF(_box.Left + (values[2 * i] * _box.Width), _box.Top + (values[(2 * i) + 1] * _box.Height));
        }

        Points = FivePoints.FromIbug68(points);
    }
}
