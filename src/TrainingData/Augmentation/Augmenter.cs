using FaceCluster.TrainingData.Loading;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Augmentation;

/// <summary>Applies random changes to one face.</summary>
public sealed class Augmenter
{
    // What was encoded here a moment ago needs no suspicion.
    private static readonly ImageLimits OwnPictures = new() { MinSide = 1 };

    private readonly AugmentationOptions _options;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public Augmenter(AugmentationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>
    /// Changes <paramref name="picture"/>, in place or by putting another of the same size in its place and disposing
    /// the first. The same state of <paramref name="random"/> gives the same result.
    /// </summary>
    public void Apply(ref PixelBuffer picture, ref RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (random.Chance(_options.Flip))
        {
            PixelChanges.Flip(picture);
        }

        if (random.Chance(_options.Crop))
        {
            Replace(ref picture, Crop(picture, ref random));
        }

        if (random.Chance(_options.Color))
        {
            PixelChanges.Recolor(
                picture,
                random.Between(1 - _options.Brightness, 1 + _options.Brightness),
                random.Between(1 - _options.Contrast, 1 + _options.Contrast),
                random.Between(1 - _options.Saturation, 1 + _options.Saturation),
                random.Between(-_options.HueDegrees, _options.HueDegrees));
        }

        if (random.Chance(_options.Grey))
        {
            PixelChanges.Recolor(picture, 1, 1, 0, 0);
        }

        if (random.Chance(_options.Blur))
        {
            PixelChanges.Blur(picture, random.Between(0.3f, _options.BlurMaxSigma));
        }

        if (random.Chance(_options.LowResolution))
        {
            var largest = Math.Max(_options.LowResolutionMinSide, picture.Width * 3 / 4);
            var side = _options.LowResolutionMinSide + random.Next(largest - _options.LowResolutionMinSide + 1);
            using var small = ImageScaler.Scale(picture, side, side);
            Replace(ref picture, ImageScaler.Scale(small, picture.Width, picture.Height));
        }

        if (random.Chance(_options.Jpeg))
        {
            var quality = _options.JpegMinQuality + random.Next(96 - _options.JpegMinQuality);
            Replace(ref picture, ImageDecoder.Decode(ImageEncoder.Jpeg(picture, quality), OwnPictures));
        }

        if (random.Chance(_options.Erase))
        {
            Erase(picture, ref random);
        }
    }

    private static void Replace(ref PixelBuffer picture, PixelBuffer other)
    {
        picture.Dispose();
        picture = other;
    }

    private PixelBuffer Crop(PixelBuffer picture, ref RandomSource random)
    {
        var side = Math.Clamp((int)MathF.Round(picture.Width * random.Between(_options.CropMinScale, 1)), 1, picture.Width);
        var (left, top) = (random.Next(picture.Width - side + 1), random.Next(picture.Height - side + 1));
        using var part = PixelBuffer.Rent(side, side);
        for (var y = 0; y < side; y++)
        {
            picture.Pixels.Slice(((top + y) * picture.Width) + left, side).CopyTo(part.Pixels.Slice(y * side, side));
        }

        return ImageScaler.Scale(part, picture.Width, picture.Height);
    }

    private void Erase(PixelBuffer picture, ref RandomSource random)
    {
        var area = random.Between(0.02f, _options.EraseMaxShare) * picture.Width * picture.Height;
        var aspect = MathF.Exp(random.Between(MathF.Log(0.3f), MathF.Log(1 / 0.3f)));
        var width = Math.Clamp((int)MathF.Sqrt(area * aspect), 1, picture.Width);
        var height = Math.Clamp((int)MathF.Sqrt(area / aspect), 1, picture.Height);
        var (left, top) = (random.Next(picture.Width - width + 1), random.Next(picture.Height - height + 1));
        var color = 0xFF000000u | ((uint)random.NextBits() & 0xFFFFFF);
        for (var y = top; y < top + height; y++)
        {
            picture.Pixels.Slice((y * picture.Width) + left, width).Fill(color);
        }
    }
}
