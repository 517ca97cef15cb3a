using CsCheck;
using FaceCluster.Cli.Demo;
using SkiaSharp;

namespace FaceCluster.Cli.Tests.Demo;

public sealed class CameraPoseTests
{
    private static readonly SKSizeI Photograph = new(1920, 1350);

    private static readonly Gen<SKSizeI> Frames =
        from profile in Gen.Int[0, CameraProfile.Fleet.Count - 1]
        select CameraProfile.Fleet[profile].Size;

    private static readonly Gen<CameraPose> Poses =
        from x in Gen.Float[0, 1920]
        from y in Gen.Float[0, 1350]
        from width in Gen.Float[200, 4000]
        from roll in Gen.Float[-20, 20]
        select new CameraPose(new SKPoint(x, y), width, roll);

    private static readonly Gen<SKRect> Boxes =
        from x in Gen.Float[0, 1700]
        from y in Gen.Float[0, 1200]
        from width in Gen.Float[20, 300]
        from height in Gen.Float[20, 300]
        select SKRect.Create(x, y, width, height);

    [Fact]
    public void ToPhotograph_OfACarriedBox_IsTheBox() =>
        Gen.Select(Poses, Frames, Boxes).Sample((pose, frame, box) =>
        {
            var centre = pose.ToFrame(frame).MapPoint(box.MidX, box.MidY);
            var scale = frame.Width / pose.Width;
            var carried = SKRect.Create(centre.X - box.Width * scale / 2, centre.Y - box.Height * scale / 2, box.Width * scale, box.Height * scale);

            Assert.InRange(GroundTruth.Overlap(pose.ToPhotograph(carried, frame), box), 0.99f, 1.001f);
        });

    [Fact]
    public void ToFrame_OfTheCentre_IsTheMiddleOfTheFrame() =>
        Gen.Select(Poses, Frames).Sample((pose, frame) =>
        {
            var middle = pose.ToFrame(frame).MapPoint(pose.Centre);

            Assert.Equal(frame.Width / 2f, middle.X, 1.0);
            Assert.Equal(frame.Height / 2f, middle.Y, 1.0);
        });

    [Fact]
    public void Inside_OfAnyPose_ShowsOnlyThePhotograph() =>
        Gen.Select(Poses, Frames).Sample((pose, frame) =>
        {
            var inside = (pose with { Roll = 0 }).Inside(Photograph, frame);
            var window = inside.ToPhotograph(SKRect.Create(0, 0, frame.Width, frame.Height), frame);

            Assert.InRange(window.Left, -0.5f, Photograph.Width);
            Assert.InRange(window.Top, -0.5f, Photograph.Height);
            Assert.InRange(window.Right, 0, Photograph.Width + 0.5f);
            Assert.InRange(window.Bottom, 0, Photograph.Height + 0.5f);
            Assert.True(inside.Width <= pose.Width);
        });
}
