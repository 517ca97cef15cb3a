using CsCheck;
using FaceCluster.Cli.Demo;
using SkiaSharp;

namespace FaceCluster.Cli.Tests.Demo;

/// <summary>Renders frames of a generated picture: noise in the middle of a grey ground, a white square at a known place.</summary>
public sealed class FrameRendererTests : IDisposable
{
    private static readonly SKSizeI Photograph = new(1200, 900);
    private static readonly SKRect Square = SKRect.Create(300, 300, 120, 120);
    private readonly FrameRenderer _renderer = new([Draw()]);

    [Fact]
    public void Render_OfAnyPose_PutsThePhotographWhereThePoseSays() =>
        Gen.Select(Gen.Float[250, 470], Gen.Float[330, 440], Gen.Float[620, 900], Gen.Float[-8, 8]).Sample(
            (x, y, width, roll) =>
            {
                var shot = Shot(new CameraPose(new SKPoint(x, y), width, roll), Clean);
                using var frame = SKBitmap.Decode(_renderer.Render(shot));
                var centre = shot.Pose.ToFrame(shot.Size).MapPoint(Square.MidX, Square.MidY);
                var outside = shot.Pose.ToFrame(shot.Size).MapPoint(Square.MidX, Square.Top - 30);

                Assert.Equal(shot.Size, new SKSizeI(frame.Width, frame.Height));
                Assert.InRange(frame.GetPixel((int)centre.X, (int)centre.Y).Green, 245, 255);
                Assert.InRange(frame.GetPixel((int)outside.X, (int)outside.Y).Green, 90, 110);
            },
            iter: 20, threads: 1);

    [Fact]
    public void Render_OfTheSameShot_GivesTheSameBytes()
    {
        var shot = Shot(Wide, new FrameEffects(1.5f, 0.6f, 8, 50));

        Assert.Equal(_renderer.Render(shot), _renderer.Render(shot));
    }

    [Fact]
    public void Render_WithLessExposure_IsDarkerByThatFactor()
    {
        Assert.Equal(0.5, Mean(Render(Clean with { Exposure = 0.5f })) / Mean(Render(Clean)), 0.02);
    }

    [Fact]
    public void Render_WithBlur_HasLessDetail()
    {
        Assert.InRange(Detail(Render(Clean with { Blur = 2 })) / Detail(Render(Clean)), 0, 0.5);
    }

    [Fact]
    public void Render_WithNoise_HasMoreDetail()
    {
        Assert.InRange(Detail(Render(Clean with { Noise = 20 })) / Detail(Render(Clean)), 1.05, 100);
    }

    [Fact]
    public void Render_WithLowerQuality_IsSmaller()
    {
        Assert.True(_renderer.Render(Shot(Wide, Clean with { Quality = 20 })).Length * 2 < _renderer.Render(Shot(Wide, Clean)).Length);
    }

    public void Dispose() => _renderer.Dispose();

    private static FrameEffects Clean => new(0, 1, 0, 92);

    private static CameraPose Wide => new(new SKPoint(600, 450), 1200, 0);

    private static Shot Shot(CameraPose pose, FrameEffects effects) => new("camera", 3, 0, new SKSizeI(640, 480), pose, effects);

    private SKBitmap Render(FrameEffects effects) => SKBitmap.Decode(_renderer.Render(Shot(Wide, effects)));

    private static double Mean(SKBitmap frame) => frame.Pixels.Average(pixel => pixel.Green);

    private static double Detail(SKBitmap frame)
    {
        var pixels = frame.Pixels;
        return Enumerable.Range(1, pixels.Length - 1).Average(i => Math.Abs(pixels[i].Green - pixels[i - 1].Green));
    }

    private static SKImage Draw()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Photograph.Width, Photograph.Height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(new SKColor(100, 100, 100));
        var random = new Random(5);
        using var paint = new SKPaint();
        for (var i = 0; i < 3000; i++)
        {
            var grey = (byte)random.Next(256);
            paint.Color = new SKColor(grey, grey, grey);
            canvas.DrawRect(600 + random.Next(500), 500 + random.Next(350), 8, 8, paint);
        }

        paint.Color = SKColors.White;
        canvas.DrawRect(Square, paint);
        return SKImage.FromBitmap(bitmap);
    }
}
