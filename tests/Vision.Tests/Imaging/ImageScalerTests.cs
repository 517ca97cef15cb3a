using CsCheck;
using FaceCluster.Vision.Imaging;
using SkiaSharp;
using Xunit;

namespace FaceCluster.Vision.Tests.Imaging;

public sealed class ImageScalerTests
{
    [Fact]
    public void Scale_OneColour_KeepsItExactly() =>
        Gen.Select(Gen.Int[16, 90], Gen.Int[16, 90], Gen.Int[1, 120], Gen.Int[1, 120], Gen.UInt).Sample((width, height, newWidth, newHeight, color) =>
        {
            using var source = PixelBuffer.Rent(width, height);
            source.Pixels.Fill(color);
            using var scaled = ImageScaler.Scale(source, newWidth, newHeight);
            Assert.Equal((newWidth, newHeight), (scaled.Width, scaled.Height));
            Assert.Equal(-1, scaled.Pixels.IndexOfAnyExcept(color));
        });

    [Fact]
    public void Scale_SameSize_IsTheSamePicture()
    {
        using var source = ImageDecoder.Decode(Pictures.Noise(37, 29, SKEncodedImageFormat.Png), new ImageLimits());
        using var scaled = ImageScaler.Scale(source, 37, 29);
        Assert.True(source.Bytes.SequenceEqual(scaled.Bytes));
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(100, 75)]
    [InlineData(300, 190)]
    public void Scale_Gradient_StaysTheGradient(int newWidth, int newHeight)
    {
        using var source = PixelBuffer.Rent(256, 256);
        for (var y = 0; y < 256; y++)
        {
            for (var x = 0; x < 256; x++)
            {
                source.Pixels[(y * 256) + x] = 0xFF000000u | ((uint)y << 8) | (uint)x;
            }
        }

        using var scaled = ImageScaler.Scale(source, newWidth, newHeight);
        for (var y = 2; y < newHeight - 2; y++)
        {
            for (var x = 2; x < newWidth - 2; x++)
            {
                var pixel = scaled.Pixels[(y * newWidth) + x];
                Assert.Equal(((x + 0.5) * 256 / newWidth) - 0.5, pixel & 0xFF, 1.01);
                Assert.Equal(((y + 0.5) * 256 / newHeight) - 0.5, (pixel >> 8) & 0xFF, 1.01);
            }
        }
    }

    [Fact]
    public void Scale_FineStripesFarDown_BecomeTheirMean()
    {
        using var source = PixelBuffer.Rent(512, 512);
        for (var i = 0; i < source.Pixels.Length; i++)
        {
            source.Pixels[i] = i % 2 == 0 ? 0xFFFFFFFFu : 0xFF000000u;
        }

        using var scaled = ImageScaler.Scale(source, 60, 60);
        foreach (var pixel in scaled.Pixels)
        {
            Assert.InRange((int)(pixel & 0xFF), 126, 130);
        }
    }
}
