using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;

namespace FaceCluster.Vision.Detection;

/// <summary>
/// One window on a scaled picture. Where the window reaches beyond the picture its input is 0, the middle grey.
/// </summary>
internal sealed class TileItem(PixelBuffer level, int left, int top, int width, int height, float maxFace, DetectionOptions options) : BatchItem
{
    // UltraFace: (x - 127) / 128 on RGB.
    private static readonly PlanarWriter Writer = new(blueFirst: false, [127f], [1f / 128]);

    private readonly List<(int Index, float Score)> _candidates = [];

    /// <summary>The scaled picture that the window lies on.</summary>
    public PixelBuffer Level => level;

    /// <summary>The faces of this window in pixels of the scaled picture, after suppression.</summary>
    public List<Detection> Faces { get; private set; } = [];

    public override void WriteInput(Span<float> destination)
    {
        var columns = Math.Min(width, level.Width - left);
        var rows = Math.Min(height, level.Height - top);
        if (columns < width || rows < height)
        {
            destination.Clear();
        }

        var pixels = level.Pixels;
        for (var y = 0; y < rows; y++)
        {
            Writer.WriteRow(pixels.Slice(((top + y) * level.Width) + left, columns), destination, width * height, y * width);
        }
    }

    public override void ReadOutput(int output, ReadOnlySpan<float> values)
    {
        if (output == 0)
        {
            // Pairs of background and face.
            for (var i = 1; i < values.Length; i += 2)
            {
                if (values[i] > options.ScoreThreshold)
                {
                    _candidates.Add((i / 2, values[i]));
                }
            }

            return;
        }

        var found = new List<Detection>(_candidates.Count);
        foreach (var (index, score) in _candidates)
        {
            // Corners relative to the window.
            var corners = values.Slice(index * 4, 4);
            var box = new FaceBox(
                left + (corners[0] * width), top + (corners[1] * height), (corners[2] - corners[0]) * width, (corners[3] - corners[1]) * height);
            if (box is { Width: > 0, Height: > 0 } && Math.Max(box.Width, box.Height) <= maxFace && !IsCut(box))
            {
                found.Add(new Detection(box, score));
            }
        }

        Faces = NonMaximumSuppression.Apply(found, options.OverlapThreshold);
    }

    /// <summary>Whether the window's edge, but not the picture's, cuts the face: another window or level shows all of it.</summary>
    private bool IsCut(FaceBox box) =>
        (left > 0 && box.Left <= left + 1)
        || (top > 0 && box.Top <= top + 1)
        || (left + width < level.Width && box.Right >= left + width - 1)
        || (top + height < level.Height && box.Bottom >= top + height - 1);
}
