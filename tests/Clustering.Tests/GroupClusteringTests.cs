using CsCheck;
using FaceCluster.Core;
using FaceCluster.Testing;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class GroupClusteringTests
{
    [Fact]
    public void Run_OfShuffledRows_GivesTheSameClustersJoinsAndMarks() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var order = Faces.Shuffled(faces.Count, seed);
            var constraints = Constrain(faces, seed);
            var calibration = Calibration(faces);
            var expected = GroupClustering.Run(faces, constraints: constraints, calibration: calibration);
            var shuffled = GroupClustering.Run(faces.Select(order), constraints: constraints, calibration: calibration);
            for (var i = 0; i < order.Length; i++)
            {
                Assert.Equal(expected.Cluster(order[i]), shuffled.Cluster(i));
                Assert.Equal(expected.Marks[order[i]], shuffled.Marks[i]);
            }

            Assert.Equal(
                expected.Joins.Select(j => (expected.Faces.Id(j.Into), expected.Faces.Id(j.From), j.Score, j.Cosine, j.Support)),
                shuffled.Joins.Select(j => (shuffled.Faces.Id(j.Into), shuffled.Faces.Id(j.From), j.Score, j.Cosine, j.Support)));
        }, iter: 60);

    [Fact]
    public void Run_HardConstraints_AreNeverViolated() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var constraints = Constrain(faces, seed);
            var result = GroupClustering.Run(faces, constraints: constraints, calibration: Calibration(faces));
            var clusters = Enumerable.Range(0, faces.Count).ToDictionary(faces.Id, result.Cluster);
            Assert.All(constraints.MustLinks, pair => Assert.Equal(clusters[pair.Left], clusters[pair.Right]));
            Assert.All(constraints.CannotLinks, pair => Assert.NotEqual(clusters[pair.Left], clusters[pair.Right]));
        }, iter: 60);

    [Fact]
    public void Run_CentreOfEveryCluster_IsItsHighestRank() =>
        Faces.Sets.Sample(faces =>
        {
            var result = GroupClustering.Run(faces, calibration: Calibration(faces));
            for (var row = 0; row < faces.Count; row++)
            {
                Assert.True(faces.Rank(result.Centres[row]) >= faces.Rank(row));
                Assert.Equal(result.Centres[row], result.Centres[result.Centres[row]]);
            }
        }, iter: 60);

    [Fact]
    public void Run_CannotLinkBetweenTwins_MarksTheConflict()
    {
        var faces = Faces.Make(40, 2, 5, noise: 0.1);
        var calibration = Calibration(faces);
        var free = GroupClustering.Run(faces, calibration: calibration);
        var centre = Enumerable.Range(0, faces.Count).First(row => free.Centres[row] != row);
        var pair = (faces.Id(centre), faces.Id(free.Centres[centre]));
        var bound = GroupClustering.Run(faces, constraints: new ConstraintSet().CannotLink(pair.Item1, pair.Item2), calibration: calibration);
        Assert.NotEqual(bound.Cluster(centre), bound.Cluster(free.Centres[centre]));
        Assert.Contains(bound.Marks.ToArray(), mark => mark.HasFlag(FaceMarks.Conflict));
    }

    [Fact]
    public void Run_ContradictoryConstraints_AreRefusedAndNamed()
    {
        var faces = Faces.Make(4, 1, 1);
        var constraints = new ConstraintSet()
            .MustLink(faces.Id(0), faces.Id(1))
            .MustLink(faces.Id(1), faces.Id(2))
            .CannotLink(faces.Id(2), faces.Id(0));
        var error = Assert.Throws<ContradictoryConstraintsException>(
            () => GroupClustering.Run(faces, constraints: constraints));
        Assert.Equal(3, Assert.Single(error.Conflicts).Chain.Count);
        Assert.Contains(faces.Id(1).ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SameFrame_KeepsModeratelySimilarFacesApart()
    {
        var faces = Faces.Make(2, 1, 2, noise: 0.2);
        var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
        var together = GroupClustering.Run(faces, calibration: calibration);
        var apart = GroupClustering.Run(
            faces,
            new GroupOptions { SameFramePenalty = 1000 },
            new ConstraintSet().SeenTogether(faces.Id(0), faces.Id(1)),
            calibration,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(1, together.ClusterCount);
        Assert.Equal(2, apart.ClusterCount);
    }

    [Theory]
    [InlineData("lfw-dev", 0.988, 0.984)]
    [InlineData("lfw-dev-fleet", 0.75, 0.78)]
    public void Run_RealFaces_ReachesTheBar(string set, double pairwise, double bcubed)
    {
        if (SharedData.Path(set) is not { } folder)
        {
            Assert.Skip(SharedData.SkipReason);
            return;
        }

        var report = ClusterCommand.Run(
            new ClusterRequest(Path.Combine(folder, "features.f32")) { Labels = Path.Combine(folder, "labels.meta") },
            cancellation: TestContext.Current.CancellationToken);
        Assert.True(report.PairwiseF >= pairwise, $"pairwise F {report.PairwiseF}");
        Assert.True(report.BCubedF >= bcubed, $"BCubed F {report.BCubedF}");
        Assert.True(report.CertainBCubedF >= report.BCubedF, $"BCubed F without the uncertain {report.CertainBCubedF}");
    }

    private static EmbeddingCalibration Calibration(FaceSet faces) =>
        faces.Count % 2 == 0 ? EmbeddingCalibration.Neutral(Faces.Dimension) : EmbeddingCalibration.Learn(Faces.Make(200, 8, 77));

    /// <summary>Random constraints without contradictions.</summary>
    private static ConstraintSet Constrain(FaceSet faces, int seed)
    {
        var random = new Random(seed);
        var must = new List<(FaceId, FaceId)>();
        var cannot = new List<(FaceId, FaceId)>();
        var frame = new List<(FaceId, FaceId)>();
        for (var n = 0; faces.Count > 1 && n < 8; n++)
        {
            var (a, b) = (random.Next(faces.Count), random.Next(faces.Count));
            if (a == b)
            {
                continue;
            }

            var target = random.Next(3) switch { 0 => must, 1 => cannot, _ => frame };
            target.Add((faces.Id(a), faces.Id(b)));
            if (Set().FindConflicts().Count > 0)
            {
                target.RemoveAt(target.Count - 1);
            }
        }

        return Set();

        ConstraintSet Set()
        {
            var set = new ConstraintSet();
            must.ForEach(p => set.MustLink(p.Item1, p.Item2));
            cannot.ForEach(p => set.CannotLink(p.Item1, p.Item2));
            frame.ForEach(p => set.SeenTogether(p.Item1, p.Item2));
            return set;
        }
    }
}
