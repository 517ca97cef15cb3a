using FaceCluster.TrainingData.Datasets;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Verification;

/// <summary>Two pictures and whether they show one person.</summary>
/// <param name="Left">Number of the first picture.</param>
/// <param name="Right">Number of the second.</param>
/// <param name="Same">Whether they show one person.</param>
public readonly record struct VerificationPair(int Left, int Right, bool Same);

/// <summary>Pairs of aligned faces to verify, in the order of the protocol. Pictures are read one at a time, from any thread.</summary>
public abstract class VerificationSet : IDisposable
{
    /// <summary>Where the set comes from.</summary>
    public abstract string Name { get; }

    /// <summary>Number of pictures.</summary>
    public abstract int PictureCount { get; }

    /// <summary>The pairs.</summary>
    public abstract IReadOnlyList<VerificationPair> Pairs { get; }

    /// <summary>What a picture is called in messages.</summary>
    public abstract string Describe(int picture);

    /// <summary>The encoded picture.</summary>
    /// <exception cref="TrainingDataException">It cannot be read.</exception>
    public abstract byte[] ReadEncoded(int picture);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Decodes a picture to 112x112: another size is scaled by its shorter side and cut to its middle, as the readers of
    /// these sets do. The caller disposes it.
    /// </summary>
    /// <exception cref="TrainingDataException">It cannot be read or decoded.</exception>
    public PixelBuffer Read(int picture)
    {
        try
        {
            return Fit(ImageDecoder.Decode(ReadEncoded(picture), new ImageLimits()));
        }
        catch (ImageRefusedException refused)
        {
            throw new TrainingDataException($"{Describe(picture)}: {refused.Message}", refused);
        }
    }

    /// <summary>Closes what is open.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private static PixelBuffer Fit(PixelBuffer picture)
    {
        const int Side = FaceDataset.Side;
        if (picture.Width == Side && picture.Height == Side)
        {
            return picture;
        }

        using (picture)
        {
            var shorter = Math.Min(picture.Width, picture.Height);
            using var scaled = ImageScaler.Scale(picture, Math.Max(Side, picture.Width * Side / shorter), Math.Max(Side, picture.Height * Side / shorter));
            var (left, top) = ((scaled.Width - Side) / 2, (scaled.Height - Side) / 2);
            var fitted = PixelBuffer.Rent(Side, Side);
            for (var y = 0; y < Side; y++)
            {
                scaled.Pixels.Slice(((top + y) * scaled.Width) + left, Side).CopyTo(fitted.Pixels.Slice(y * Side, Side));
            }

            return fitted;
        }
    }
}
