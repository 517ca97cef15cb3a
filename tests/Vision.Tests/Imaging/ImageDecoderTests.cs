using FaceCluster.Vision.Imaging;
using SkiaSharp;
using Xunit;

namespace FaceCluster.Vision.Tests.Imaging;

public sealed class ImageDecoderTests
{
    private static readonly (byte R, byte G, byte B)[] Colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)];

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Decode_AcceptedFormat_GivesItsPixels(SKEncodedImageFormat format)
    {
        using var picture = ImageDecoder.Decode(Pictures.Quadrants(64, 48, format), new ImageLimits());
        Assert.Equal((64, 48), (picture.Width, picture.Height));
        AssertQuadrants(picture, [0, 1, 2, 3]);
    }

    // Where the stored upper left, upper right, lower left and lower right corners are seen (0 to 3 in the same order);
    // from the table of EXIF 2.32, tag Orientation.
    [Theory]
    [InlineData(1, new[] { 0, 1, 2, 3 })]
    [InlineData(2, new[] { 1, 0, 3, 2 })]
    [InlineData(3, new[] { 3, 2, 1, 0 })]
    [InlineData(4, new[] { 2, 3, 0, 1 })]
    [InlineData(5, new[] { 0, 2, 1, 3 })]
    [InlineData(6, new[] { 1, 3, 0, 2 })]
    [InlineData(7, new[] { 3, 1, 2, 0 })]
    [InlineData(8, new[] { 2, 0, 3, 1 })]
    public void Decode_ExifOrientation_TurnsThePictureUpright(int orientation, int[] seenAt)
    {
        var jpeg = Pictures.WithOrientation(Pictures.Quadrants(96, 64, SKEncodedImageFormat.Jpeg), orientation);
        using var picture = ImageDecoder.Decode(jpeg, new ImageLimits());
        Assert.Equal(orientation < 5 ? (96, 64) : (64, 96), (picture.Width, picture.Height));
        var colorAt = new int[4];
        for (var stored = 0; stored < 4; stored++)
        {
            colorAt[seenAt[stored]] = stored;
        }

        AssertQuadrants(picture, colorAt);
    }

    [Fact]
    public void Decode_NoBytes_IsRefused() => AssertRefused(ImageRefusal.ImageEmpty, []);

    [Fact]
    public void Decode_TextFile_IsRefused() => AssertRefused(ImageRefusal.NotAnImage, "name,age\nnobody,0\n"u8.ToArray());

    [Theory]
    [InlineData("GIF89a\u0001\u0000\u0001\u0000")]
    [InlineData("%PDF-1.7")]
    public void Decode_OtherFormat_IsRefused(string start) =>
        AssertRefused(ImageRefusal.ImageFormatUnsupported, System.Text.Encoding.Latin1.GetBytes(start));

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Decode_TruncatedAnywhere_IsRefused(SKEncodedImageFormat format)
    {
        var whole = Pictures.Noise(80, 60, format);
        for (var kept = 12; kept < whole.Length * 9 / 10; kept += whole.Length / 17)
        {
            var refused = Assert.Throws<ImageRefusedException>(() => ImageDecoder.Decode(whole.AsMemory(0, kept), new ImageLimits()).Dispose());
            Assert.True(
                refused.Reason is ImageRefusal.ImageTruncated or ImageRefusal.ImageCorrupt,
                $"{kept} of {whole.Length} bytes: {refused.Reason}");
        }
    }

    [Fact]
    public void Decode_JpegCutInItsData_IsCalledTruncated()
    {
        var whole = Pictures.Noise(80, 60, SKEncodedImageFormat.Jpeg);
        AssertRefused(ImageRefusal.ImageTruncated, whole[..(whole.Length / 2)]);
    }

    [Fact]
    public void Decode_SignatureAlone_IsRefused() =>
        AssertRefused(ImageRefusal.ImageCorrupt, [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[200]], ImageRefusal.ImageTruncated);

    [Fact]
    public void Decode_AnimatedPng_IsRefused() =>
        AssertRefused(ImageRefusal.ImageAnimated, Pictures.AnimatedPng(Pictures.Quadrants(32, 32, SKEncodedImageFormat.Png)));

    [Fact]
    public void Decode_AnimatedWebP_IsRefused() => AssertRefused(ImageRefusal.ImageAnimated, Pictures.AnimatedWebP(32, 32));

    [Fact]
    public void Decode_HugeDimension_IsRefusedFromTheHeader()
    {
        var png = Pictures.WithPngSize(Pictures.Quadrants(32, 32, SKEncodedImageFormat.Png), 60_000, 60_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = AssertRefused(ImageRefusal.ImageTooLarge, png);
        Assert.Contains("60,000x60,000", refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Decode_DecompressionBomb_IsRefusedFromTheHeader()
    {
        // One colour: 37 million pixels in a few kilobytes.
        using var bitmap = new SKBitmap(new SKImageInfo(6_200, 6_000, SKColorType.Gray8, SKAlphaType.Opaque));
        var bomb = Pictures.Encode(bitmap, SKEncodedImageFormat.Png, 100);
        Assert.InRange(bomb.Length, 1, 200_000);
        AssertRefused(ImageRefusal.ImageTooLarge, bomb);
    }

    [Fact]
    public void Decode_MoreDataThanTheHeaderSays_CostsOnlyTheHeadersPixels()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(4_000, 4_000, SKColorType.Gray8, SKAlphaType.Opaque));
        var lying = Pictures.WithPngSize(Pictures.Encode(bitmap, SKEncodedImageFormat.Png, 100), 64, 64);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => ImageDecoder.Decode(lying, new ImageLimits()).Dispose());
        Assert.True(error is null or ImageRefusedException, error?.ToString());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Decode_TooManyBytes_NamesTheLimit()
    {
        var refused = Assert.Throws<ImageRefusedException>(() =>
            ImageDecoder.Decode(Pictures.Noise(64, 64, SKEncodedImageFormat.Png), new ImageLimits { MaxBytes = 1_000 }));
        Assert.Equal(ImageRefusal.ImageTooManyBytes, refused.Reason);
        Assert.Contains("1,000", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_TooSmall_IsRefused() => AssertRefused(ImageRefusal.ImageTooSmall, Pictures.Quadrants(64, 8, SKEncodedImageFormat.Png));

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    public void Decode_PastItsTime_IsRefused(SKEncodedImageFormat format)
    {
        var limits = new ImageLimits { MaxDecodeTime = TimeSpan.FromTicks(1) };
        var refused = Assert.Throws<ImageRefusedException>(() => ImageDecoder.Decode(Pictures.Noise(256, 256, format), limits));
        Assert.Equal(ImageRefusal.ImageDecodeTimeout, refused.Reason);
    }

    [Fact]
    public void Decode_DamagedAnywhere_NeverFailsInAnotherWay()
    {
        var random = new Random(7);
        foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
        {
            var whole = Pictures.Noise(40, 40, format);
            for (var i = 0; i < 200; i++)
            {
                var damaged = whole.ToArray();
                for (var j = 0; j < 4; j++)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                var error = Record.Exception(() => ImageDecoder.Decode(damaged, new ImageLimits()).Dispose());
                Assert.True(error is null or ImageRefusedException, error?.ToString());
            }
        }
    }

    private static ImageRefusedException AssertRefused(ImageRefusal expected, byte[] encoded, ImageRefusal? or = null)
    {
        var refused = Assert.Throws<ImageRefusedException>(() => ImageDecoder.Decode(encoded, new ImageLimits()).Dispose());
        Assert.True(refused.Reason == expected || refused.Reason == or, $"{refused.Reason}: {refused.Message}");
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    private static void AssertQuadrants(PixelBuffer picture, int[] expected)
    {
        for (var corner = 0; corner < 4; corner++)
        {
            var x = corner % 2 == 0 ? picture.Width / 4 : picture.Width * 3 / 4;
            var y = corner < 2 ? picture.Height / 4 : picture.Height * 3 / 4;
            var pixel = picture.Bytes.Slice((y * picture.Stride) + (x * 4), 4);
            var (r, g, b) = Colors[expected[corner]];
            Assert.InRange(pixel[0] - r, -12, 12);
            Assert.InRange(pixel[1] - g, -12, 12);
            Assert.InRange(pixel[2] - b, -12, 12);
        }
    }
}
