using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Datasets;

/// <summary>
/// Aligned faces with their class, read one at a time. Nothing but the labels is held in memory. Reading is safe from
/// several threads at once.
/// </summary>
public abstract class FaceDataset : IDisposable
{
    /// <summary>Width and height of every face in pixels.</summary>
    public const int Side = 112;

    // A record of an aligned face is some kilobytes; anything near these limits is no such thing.
    private static readonly ImageLimits Limits = new() { MaxBytes = 4 << 20, MaxPixels = 4_000_000, MaxSide = 4096, MinSide = 1 };

    private int[]? _classSizes;

    /// <summary>Where the data comes from, for reports and the metadata of models.</summary>
    public abstract string Name { get; }

    /// <summary>Number of faces.</summary>
    public int Count => Labels.Length;

    /// <summary>Number of classes; every label is 0 to one less.</summary>
    public abstract int ClassCount { get; }

    /// <summary>Class of each face.</summary>
    public abstract ReadOnlySpan<int> Labels { get; }

    /// <summary>What face <paramref name="index"/> is called in messages: its path, or its key in a record file.</summary>
    public abstract string Describe(int index);

    /// <summary>What the class <paramref name="label"/> is called: a folder's or person's name, else its number.</summary>
    public virtual string ClassName(int label) => label.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The encoded picture of face <paramref name="index"/>, JPEG, PNG or WebP.</summary>
    /// <exception cref="TrainingDataException">The file or record cannot be read or is corrupt.</exception>
    public abstract byte[] ReadEncoded(int index);

    /// <summary>Faces of each class.</summary>
    public ReadOnlySpan<int> ClassSizes => _classSizes ??= CountClasses();

    /// <summary>Decodes face <paramref name="index"/>; the caller disposes the 112x112 picture.</summary>
    /// <exception cref="TrainingDataException">It cannot be read or decoded, or has another size.</exception>
    public PixelBuffer Read(int index)
    {
        var encoded = ReadEncoded(index);
        PixelBuffer picture;
        try
        {
            picture = ImageDecoder.Decode(encoded, Limits);
        }
        catch (ImageRefusedException refused)
        {
            throw new TrainingDataException($"{Describe(index)}: {refused.Message}", refused);
        }

        if (picture.Width == Side && picture.Height == Side)
        {
            return picture;
        }

        using (picture)
        {
            throw new TrainingDataException(
                $"{Describe(index)} is {picture.Width}x{picture.Height} pixels; training takes aligned faces of {Side}x{Side}. 'facecluster-train data pack' aligns photographs.");
        }
    }

    /// <summary>Decodes face <paramref name="index"/> into rows of R, G, B bytes, 112 x 112 x 3 of them.</summary>
    /// <exception cref="TrainingDataException">It cannot be read or decoded, or has another size.</exception>
    public void ReadRgb(int index, Span<byte> rgb)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rgb.Length, Side * Side * 3);
        using var picture = Read(index);
        var pixels = picture.Pixels;
        for (var i = 0; i < pixels.Length; i++)
        {
            var pixel = pixels[i];
            rgb[3 * i] = (byte)pixel;
            rgb[(3 * i) + 1] = (byte)(pixel >> 8);
            rgb[(3 * i) + 2] = (byte)(pixel >> 16);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what is open.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Checks that every label lies in 0 to <paramref name="classCount"/> - 1.</summary>
    /// <exception cref="TrainingDataException">One does not; the face is named.</exception>
    protected void CheckLabels(int classCount)
    {
        var labels = Labels;
        for (var i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classCount)
            {
                throw new TrainingDataException($"{Describe(i)} has the label {labels[i]}; with {classCount} classes it must be 0 to {classCount - 1}.");
            }
        }
    }

    private int[] CountClasses()
    {
        var sizes = new int[ClassCount];
        foreach (var label in Labels)
        {
            sizes[label]++;
        }

        return sizes;
    }
}
