using CsCheck;
using FaceCluster.Cli.Demo;
using SkiaSharp;

namespace FaceCluster.Cli.Tests.Demo;

public sealed class VirtualCameraTests
{
    private static readonly SKSizeI[] Photographs = [.. SamplePeople.Load().Photographs.Select(photograph => photograph.Size)];

    [Fact]
    public void Shots_OfTheSameSeed_AreTheSame() =>
        Gen.Select(Gen.Int, Gen.Int[6, 200], Gen.Int[0, CameraProfile.Fleet.Count - 1].Select(index => CameraProfile.Fleet[index])).Sample((seed, frames, profile) =>
            Assert.Equal(new VirtualCamera(profile, Photographs, frames, seed).Shots(), new VirtualCamera(profile, Photographs, frames, seed).Shots()));

    [Fact]
    public void Shots_OfAnySeed_VisitEveryPhotographInsideItsEdges() =>
        Gen.Select(Gen.Int, Gen.Int[6, 200], Gen.Int[0, CameraProfile.Fleet.Count - 1].Select(index => CameraProfile.Fleet[index])).Sample((seed, frames, profile) =>
        {
            var shots = new VirtualCamera(profile, Photographs, frames, seed).Shots().ToArray();

            Assert.Equal(Enumerable.Range(0, frames).Select(frame => (long)frame), shots.Select(shot => shot.Sequence));
            Assert.Equal(Photographs.Length, shots.Select(shot => shot.Photograph).Distinct().Count());
            Assert.All(shots, shot =>
            {
                var window = shot.Pose.ToPhotograph(SKRect.Create(0, 0, shot.Size.Width, shot.Size.Height), shot.Size);
                Assert.True(window.Left >= -0.5f && window.Top >= -0.5f);
                Assert.True(window.Right <= Photographs[shot.Photograph].Width + 0.5f && window.Bottom <= Photographs[shot.Photograph].Height + 0.5f);
                Assert.InRange(shot.Effects.Quality, profile.Quality, 92);
                Assert.InRange(shot.Effects.Exposure, profile.Darkest - 0.001f, 1.001f);
                Assert.InRange(shot.Effects.Blur, 0, profile.Blur + 0.001f);
            });
        });

    [Fact]
    public void Shots_OfDifferentCameras_Differ()
    {
        var orders = CameraProfile.Fleet.Select(profile =>
            string.Join(',', new VirtualCamera(profile, Photographs, 60, 1).Shots().Select(shot => $"{shot.Photograph}:{shot.Pose.Centre.X:0}")));

        Assert.Equal(CameraProfile.Fleet.Count, orders.Distinct().Count());
    }

    [Fact]
    public void Constructor_WithFewerFramesThanPhotographs_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualCamera(CameraProfile.Fleet[0], Photographs, 5, 1));
}
