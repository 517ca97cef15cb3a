using FaceCluster.Vision.Imaging;

namespace FaceCluster.Evaluation.Report;

/// <summary>Small copies of the first faces, from which the mean faces are made.</summary>
public sealed class Thumbnails
{
    /// <summary>Width and height in pixels.</summary>
    public const int Side = 56;

    // 180 MB; a mean over more faces looks no different.
    private const int MaxFaces = 20_000;

    private readonly List<byte[]> _faces = [];

    /// <summary>Number of faces kept; they are the first rows.</summary>
    public int Count => _faces.Count;

    /// <summary>Keeps a small copy of a crop of 112x112.</summary>
    /// <param name="row">Its row; rows come in order.</param>
    /// <param name="crop">The crop.</param>
    public void Add(int row, PixelBuffer crop)
    {
        ArgumentNullException.ThrowIfNull(crop);
        if (row != _faces.Count || _faces.Count >= MaxFaces)
        {
            return;
        }

        using var small = ImageScaler.Scale(crop, Side, Side);
        _faces.Add(small.Bytes.ToArray());
    }

    /// <summary>The mean of some faces, as PNG.</summary>
    public byte[] Mean(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var sums = new double[Side * Side * PixelBuffer.BytesPerPixel];
        foreach (var row in rows)
        {
            var face = _faces[row];
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += face[i];
            }
        }

        using var mean = PixelBuffer.Rent(Side, Side);
        for (var i = 0; i < sums.Length; i++)
        {
            mean.Bytes[i] = (byte)((sums[i] / rows.Count) + 0.5);
        }

        return ImageEncoder.Png(mean);
    }
}
