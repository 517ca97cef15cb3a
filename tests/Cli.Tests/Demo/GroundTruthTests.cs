using CsCheck;
using FaceCluster.Cli.Demo;
using SkiaSharp;

namespace FaceCluster.Cli.Tests.Demo;

public sealed class GroundTruthTests
{
    private static readonly SamplePeople People = SamplePeople.Load();
    private static readonly SKSizeI[] Sizes = [.. People.Photographs.Select(photograph => photograph.Size)];

    private static readonly Gen<Shot> Shots =
        from seed in Gen.Int
        from profile in Gen.Int[0, CameraProfile.Fleet.Count - 1]
        from frame in Gen.Int[0, 79]
        select new VirtualCamera(CameraProfile.Fleet[profile], Sizes, 80, seed).At(frame);

    [Fact]
    public void Load_OfTheSamplePeople_Has22FacesOf21People()
    {
        var faces = People.Photographs.SelectMany(photograph => photograph.Faces).ToArray();

        Assert.Equal(6, People.Photographs.Count);
        Assert.Equal(22, faces.Length);
        Assert.Equal(21, faces.Select(face => face.Person).Distinct().Count());
        Assert.All(People.Photographs, photograph =>
        {
            Assert.Equal(photograph.Faces.Count, photograph.Faces.Select(face => face.Person).Distinct().Count());
            Assert.All(photograph.Faces, face => Assert.True(SKRect.Create(photograph.Size.Width, photograph.Size.Height).Contains(face.Box)));
        });
        Assert.All(People.Undecided, pair => Assert.Equal(People.Merge(pair.First), People.Merge(pair.Second)));
    }

    [Fact]
    public void LabelsOf_MarkedFacesCarriedIntoAFrame_AreThePeople() =>
        Shots.Sample(shot =>
        {
            var faces = People.Photographs[shot.Photograph].Faces.Where(face => IsInside(Carry(shot, face.Box), shot.Size)).ToArray();
            var boxes = faces.Select(face => Carry(shot, face.Box)).ToArray();

            Assert.Equal(faces.Select(face => face.Person), new GroundTruth(People.Photographs).LabelsOf(shot, boxes));
        });

    [Fact]
    public void LabelsOf_ShakenBoxes_AreStillThePeople() =>
        Gen.Select(Shots, Gen.Float[-0.15f, 0.15f], Gen.Float[-0.15f, 0.15f], Gen.Float[0.8f, 1.25f]).Sample((shot, dx, dy, scale) =>
        {
            var faces = People.Photographs[shot.Photograph].Faces.Where(face => IsInside(Carry(shot, face.Box), shot.Size)).ToArray();
            var boxes = faces.Select(face => Shake(Carry(shot, face.Box), dx, dy, scale)).ToArray();

            Assert.Equal(faces.Select(face => face.Person), new GroundTruth(People.Photographs).LabelsOf(shot, boxes));
        });

    [Fact]
    public void LabelsOf_TwoBoxesOnOneFace_GivesThePersonToTheBetterOne()
    {
        var shot = new Shot("c", 0, 0, new SKSizeI(1280, 720), new CameraPose(new SKPoint(500, 470), 800, 0), default);
        var good = Carry(shot, People.Photographs[0].Faces[0].Box);
        var poor = Shake(good, 0.3f, 0.2f, 1);

        Assert.Equal(["place-1", "p01"], new GroundTruth(People.Photographs).LabelsOf(shot, [poor, good]));
    }

    [Fact]
    public void LabelsOf_TheSameEmptyPlaceInTwoFrames_IsOnePlace()
    {
        var truth = new GroundTruth(People.Photographs);
        var near = new Shot("a", 0, 0, new SKSizeI(1280, 720), new CameraPose(new SKPoint(500, 900), 600, 0), default);
        var far = new Shot("b", 7, 0, new SKSizeI(640, 480), new CameraPose(new SKPoint(700, 800), 900, 3), default);
        var (place, other) = (SKRect.Create(400, 850, 150, 150), SKRect.Create(700, 900, 150, 150));

        Assert.Equal(["place-1"], truth.LabelsOf(near, [Carry(near, place)]));
        Assert.Equal(["place-1", "place-2"], truth.LabelsOf(far, [Carry(far, place), Carry(far, other)]));
        Assert.Equal(3, truth.Strays);
    }

    [Fact]
    public void LabelsOf_AFaceCutByTheEdge_IsThePerson()
    {
        var face = People.Photographs[0].Faces[0].Box;
        var shot = new Shot("c", 0, 0, new SKSizeI(1000, 700), new CameraPose(new SKPoint(face.MidX + 500, face.MidY), 1000, 0), default);
        var visible = SKRect.Intersect(Carry(shot, face), SKRect.Create(1000, 700));

        Assert.InRange(visible.Width / face.Width, 0.45f, 0.55f);
        Assert.Equal(["p01"], new GroundTruth(People.Photographs).LabelsOf(shot, [visible]));
    }

    private static SKRect Carry(Shot shot, SKRect box)
    {
        var centre = shot.Pose.ToFrame(shot.Size).MapPoint(box.MidX, box.MidY);
        var scale = shot.Size.Width / shot.Pose.Width;
        return SKRect.Create(centre.X - box.Width * scale / 2, centre.Y - box.Height * scale / 2, box.Width * scale, box.Height * scale);
    }

    private static SKRect Shake(SKRect box, float dx, float dy, float scale) =>
        SKRect.Create(
            box.MidX + dx * box.Width - box.Width * scale / 2, box.MidY + dy * box.Height - box.Height * scale / 2,
            box.Width * scale, box.Height * scale);

    private static bool IsInside(SKRect box, SKSizeI frame) => SKRect.Create(frame.Width, frame.Height).Contains(box);
}
