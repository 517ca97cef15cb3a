using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Loading;
using FaceCluster.Vision.Imaging;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Augmentation;

public sealed class AugmenterTests
{
    private static readonly AugmentationOptions None = new() { Flip = 0 };

    public static TheoryData<string> Kinds { get; } = ["flip", "crop", "color", "grey", "blur", "low", "jpeg", "erase"];

    [Fact]
    public void Apply_NothingChosen_ChangesNothing()
    {
        using var before = SyntheticFaces.Draw("Ann", 1);
        var (after, _) = Run(None, 0);
        using (after)
        {
            Assert.Equal(before.Bytes.ToArray(), after.Bytes.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Apply_OneKind_ChangesThePictureTheSameWayForTheSameNumbers(string kind)
    {
        var options = Options(kind);
        var (first, _) = Run(options, 11);
        var (again, _) = Run(options, 11);
        using (first)
        using (again)
        {
            using var before = SyntheticFaces.Draw("Ann", 1);
            Assert.Equal((112, 112), (first.Width, first.Height));
            Assert.Equal(first.Bytes.ToArray(), again.Bytes.ToArray());
            Assert.NotEqual(before.Bytes.ToArray(), first.Bytes.ToArray());
            Assert.DoesNotContain(first.Pixels.ToArray(), pixel => pixel >> 24 != 0xFF);
        }
    }

    [Fact]
    public void Flip_Twice_IsTheSamePicture()
    {
        using var picture = SyntheticFaces.Draw("Ann", 1);
        var before = picture.Pixels.ToArray();
        PixelChanges.Flip(picture);
        Assert.Equal(before[0], picture.Pixels[111]);
        PixelChanges.Flip(picture);
        Assert.Equal(before, picture.Pixels.ToArray());
    }

    [Fact]
    public void Recolor_Neutral_ChangesNothingButRounding()
    {
        using var picture = SyntheticFaces.Draw("Ann", 1);
        var before = picture.Bytes.ToArray();
        PixelChanges.Recolor(picture, 1, 1, 1, 0);
        var after = picture.Bytes.ToArray();
        Assert.All(Enumerable.Range(0, before.Length), i => Assert.InRange(Math.Abs(before[i] - after[i]), 0, 1));
    }

    [Fact]
    public void Recolor_WithoutSaturation_IsGrey()
    {
        using var picture = SyntheticFaces.Draw("Ann", 1);
        PixelChanges.Recolor(picture, 1, 1, 0, 0);
        Assert.All(picture.Pixels.ToArray(), pixel => Assert.True((pixel & 0xFF) == ((pixel >> 8) & 0xFF) && (pixel & 0xFF) == ((pixel >> 16) & 0xFF)));
    }

    [Fact]
    public void Recolor_FullTurnOfHue_IsTheSameColour()
    {
        using var once = SyntheticFaces.Draw("Ann", 1);
        using var turned = SyntheticFaces.Draw("Ann", 1);
        PixelChanges.Recolor(turned, 1, 1, 1, 360);
        Assert.All(Enumerable.Range(0, once.Bytes.Length), i => Assert.InRange(Math.Abs(once.Bytes[i] - turned.Bytes[i]), 0, 1));
    }

    [Fact]
    public void Blur_FlatPictureStays_AndAPointSpreadsEvenly()
    {
        using var picture = PixelBuffer.Rent(112, 112);
        picture.Pixels.Fill(0xFF646464);
        PixelChanges.Blur(picture, 3);
        Assert.All(picture.Pixels.ToArray(), pixel => Assert.Equal(0xFF646464u, pixel));

        picture.Pixels.Fill(0xFF000000);
        picture.Pixels[(56 * 112) + 56] = 0xFFFFFFFF;
        PixelChanges.Blur(picture, 1);
        Assert.Equal(picture.Pixels[(56 * 112) + 55], picture.Pixels[(56 * 112) + 57]);
        Assert.Equal(picture.Pixels[(55 * 112) + 56], picture.Pixels[(56 * 112) + 57]);

        // 255 / (2 pi) = 40.6 is the peak of a Gaussian of width 1.
        Assert.InRange((int)(picture.Pixels[(56 * 112) + 56] & 0xFF), 39, 42);
    }

    private static AugmentationOptions Options(string kind) => kind switch
    {
        "flip" => None with { Flip = 1 },
        "crop" => None with { Crop = 1, CropMinScale = 0.5f },
        "color" => None with { Color = 1 },
        "grey" => None with { Grey = 1 },
        "blur" => None with { Blur = 1 },
        "low" => None with { LowResolution = 1 },
        "jpeg" => None with { Jpeg = 1 },
        _ => None with { Erase = 1 },
    };

    private static (PixelBuffer Picture, RandomSource Random) Run(AugmentationOptions options, long seed)
    {
        var picture = SyntheticFaces.Draw("Ann", 1);
        var random = RandomSource.At(seed, 0, 0);
        new Augmenter(options).Apply(ref picture, ref random);
        return (picture, random);
    }
}
