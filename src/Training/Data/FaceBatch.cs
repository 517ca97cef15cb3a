namespace FaceCluster.Training.Data;

/// <summary>
/// One batch of pictures and labels in buffers that are used again for the next batch: a receiver copies what it keeps.
/// </summary>
public sealed class FaceBatch
{
    private readonly float[] _pixels;
    private readonly long[] _labels;

    /// <param name="capacity">Most pictures of a batch, at least 1.</param>
    /// <param name="imageSize">Width and height of a picture in pixels.</param>
    public FaceBatch(int capacity, int imageSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(imageSize);
        ImageSize = imageSize;
        _pixels = new float[(long)capacity * 3 * imageSize * imageSize];
        _labels = new long[capacity];
    }

    /// <summary>Pictures in this batch, 0 to the capacity.</summary>
    public int Count { get; set; }

    /// <summary>Width and height of a picture in pixels.</summary>
    public int ImageSize { get; }

    /// <summary>Pixels as [Count, 3, ImageSize, ImageSize] in RGB order, (value - 127.5) / 127.5, row-major; the entries in use.</summary>
    public Span<float> Pixels => _pixels.AsSpan(0, Count * 3 * ImageSize * ImageSize);

    /// <summary>Class of each picture, 0 to the class count less one; the entries in use.</summary>
    public Span<long> Labels => _labels.AsSpan(0, Count);

    /// <summary>The whole pixel buffer, for readers that fill it before <see cref="Count"/> is known.</summary>
    public Memory<float> PixelBuffer => _pixels;

    /// <summary>The whole label buffer, for readers that fill it before <see cref="Count"/> is known.</summary>
    public Memory<long> LabelBuffer => _labels;

    internal float[] PixelArray => _pixels;

    internal long[] LabelArray => _labels;
}
