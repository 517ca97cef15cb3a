using CsCheck;
using FaceCluster.Vision.Detection;
using Xunit;

namespace FaceCluster.Vision.Tests.Detection;

public sealed class TilePlanTests
{
    private const int Width = 320;
    private const int Height = 240;

    [Fact]
    public void Create_AnyFaceOfTheWantedSize_IsWholeAndLargeEnoughInSomeWindow() =>
        Gen.Select(Gen.Int[40, 4000], Gen.Int[40, 3000], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((width, height, size, left, top) =>
        {
            const int MinFace = 30;
            var largest = Math.Min(width, height / 1.33);
            if (largest < MinFace)
            {
                return;
            }

            var faceWidth = MinFace + (size * (largest - MinFace));
            var (w, h) = (faceWidth, faceWidth * 1.33);
            var (x, y) = (left * (width - w), top * (height - h));
            Assert.Contains(TilePlan.Create(width, height, Width, Height, MinFace, int.MaxValue), level =>
            {
                var (sx, sy) = ((double)level.Width / width, (double)level.Height / height);

                // Rounding of the level's size and of a window's place costs up to a pixel.
                return w * sx >= TilePlan.SmallestSeen - 0.8 && h * sy <= level.MaxFace
                    && level.Tiles.Any(tile => x * sx >= tile.X - 1 && y * sy >= tile.Y - 1
                        && (x + w) * sx <= tile.X + Width + 1 && (y + h) * sy <= tile.Y + Height + 1);
            });
        });

    [Fact]
    public void Create_FullHdFrame_TakesFewWindows() =>
        Assert.Equal(23, TilePlan.Create(1920, 1080, Width, Height, 30, 64).Sum(level => level.Tiles.Count));

    [Fact]
    public void Create_ManyPixels_StaysWithinTheLimit() =>
        Gen.Select(Gen.Int[16, 16_384], Gen.Int[16, 16_384], Gen.Int[1, 64]).Sample((width, height, limit) =>
            Assert.InRange(TilePlan.Create(width, height, Width, Height, 30, limit).Sum(level => level.Tiles.Count), 1, limit));

    [Fact]
    public void Create_AnyPicture_EndsWithTheWholePictureInOneWindow() =>
        Gen.Select(Gen.Int[16, 8_000], Gen.Int[16, 8_000]).Sample((width, height) =>
        {
            var last = TilePlan.Create(width, height, Width, Height, 30, 64)[^1];
            Assert.Equal([(0, 0)], last.Tiles);
            Assert.InRange(last.Width, 1, Width);
            Assert.InRange(last.Height, 1, Height);
        });
}
