using CsCheck;
using Xunit;

namespace FaceCluster.Clustering.Tests;

/// <summary>The live engine against the batch function, over random histories.</summary>
public sealed class LiveGroupsTests
{
    [Fact]
    public void AnyHistory_GivesTheClustersJoinsAndMarksOfABatchRun() =>
        Gen.Select(Faces.Sets, Gen.Int, Gen.Int[1, 12]).Sample((faces, seed, k) =>
        {
            var random = new Random(seed);
            var calibration = Calibration(faces);
            var options = new GroupOptions { Neighbours = k };
            var live = new LiveGroups(Faces.Dimension, calibration, options);
            var constraints = new ConstraintSet();
            var present = new SortedSet<int>();
            for (var step = 0; step < faces.Count * 2; step++)
            {
                Change(faces, random, live, present, ref constraints);
                if (random.Next(6) == 0)
                {
                    live.Refresh();
                    Same(faces, present, constraints, calibration, options, live);
                }
            }

            live.Refresh();
            Same(faces, present, constraints, calibration, options, live);
        }, iter: 150);

    [Fact]
    public void OneByOne_InAnyOrder_EqualsAllAtOnce() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int).Sample((seed, order) =>
        {
            var faces = Faces.Make(150, 12, seed, noise: 0.35);
            var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
            var options = new GroupOptions { Neighbours = 6 };
            var live = new LiveGroups(Faces.Dimension, calibration, options);
            foreach (var row in Faces.Shuffled(faces.Count, order))
            {
                live.Insert(faces.Rank(row), faces.Unit(row));
                live.Refresh();
            }

            Same(faces, [.. Enumerable.Range(0, faces.Count)], new ConstraintSet(), calibration, options, live);
        }, iter: 15);

    [Fact]
    public void Refresh_AfterAChangeElsewhere_LeavesFarClustersAlone()
    {
        var faces = Faces.Make(400, 40, 5, noise: 0.1);
        var live = new LiveGroups(Faces.Dimension, EmbeddingCalibration.Neutral(Faces.Dimension), new GroupOptions { Neighbours = 5 });
        for (var row = 1; row < faces.Count; row++)
        {
            live.Insert(faces.Rank(row), faces.Unit(row));
        }

        live.Refresh();
        live.Insert(faces.Rank(0), faces.Unit(0));
        var refresh = live.Refresh();
        Assert.InRange(refresh.Faces, 1, faces.Count / 2);
        Assert.Equal(0, live.Refresh().Clusters);
    }

    [Fact]
    public void Question_BeforeRefresh_IsRefused()
    {
        var faces = Faces.Make(2, 1, 1);
        var live = new LiveGroups(Faces.Dimension, EmbeddingCalibration.Neutral(Faces.Dimension));
        live.Insert(faces.Rank(0), faces.Unit(0));
        Assert.Throws<InvalidOperationException>(() => live.Cluster(faces.Id(0)));
        live.Refresh();
        Assert.Throws<KeyNotFoundException>(() => live.Cluster(faces.Id(1)));
        Assert.Throws<ArgumentException>(() => live.Insert(faces.Rank(0), faces.Unit(0)));
    }

    private static void Change(FaceSet faces, Random random, LiveGroups live, SortedSet<int> present, ref ConstraintSet constraints)
    {
        var row = random.Next(faces.Count);
        switch (random.Next(8))
        {
            case 0 when present.Count > 0:
                var gone = present.ElementAt(random.Next(present.Count));
                Assert.True(live.Delete(faces.Id(gone)));
                present.Remove(gone);
                break;
            case 1 when faces.Count > 1:
                constraints = Constrain(faces, random);
                live.SetConstraints(constraints);
                break;
            default:
                if (present.Add(row))
                {
                    live.Insert(faces.Rank(row), faces.Unit(row));
                }
                else
                {
                    live.Replace(faces.Rank(row), faces.Unit(row));
                }

                break;
        }
    }

    /// <summary>Random constraints without contradictions; at least two faces.</summary>
    internal static ConstraintSet Constrain(FaceSet faces, Random random)
    {
        var set = new ConstraintSet();
        for (var n = random.Next(6); n > 0; n--)
        {
            var (a, b) = (random.Next(faces.Count), random.Next(faces.Count));
            var next = new ConstraintSet();
            foreach (var pair in set.MustLinks)
            {
                next.MustLink(pair.Left, pair.Right);
            }

            foreach (var pair in set.CannotLinks)
            {
                next.CannotLink(pair.Left, pair.Right);
            }

            foreach (var pair in set.SameFrame)
            {
                next.SeenTogether(pair.Left, pair.Right);
            }

            if (a != b)
            {
                _ = random.Next(3) switch
                {
                    0 => next.MustLink(faces.Id(a), faces.Id(b)),
                    1 => next.CannotLink(faces.Id(a), faces.Id(b)),
                    _ => next.SeenTogether(faces.Id(a), faces.Id(b)),
                };
            }

            set = next.FindConflicts().Count == 0 ? next : set;
        }

        return set;
    }

    /// <summary>Clusters, marks and joins, bit for bit, are those of a batch run over the present rows.</summary>
    internal static void Same(
        FaceSet faces, SortedSet<int> present, ConstraintSet constraints, EmbeddingCalibration calibration, GroupOptions options, LiveGroups live)
    {
        var rows = present.ToArray();
        var batch = GroupClustering.Run(faces.Select(rows), options, constraints, calibration);
        Assert.Equal(rows.Length, live.Count);
        for (var i = 0; i < rows.Length; i++)
        {
            var id = faces.Id(rows[i]);
            Assert.Equal(batch.Cluster(i), live.Cluster(id));
            Assert.Equal(batch.Marks[i], live.Marks(id));
        }

        var joins = rows.Select(faces.Id).GroupBy(live.Cluster).SelectMany(cluster => live.Joins(cluster.Key))
            .Select(j => (j.Round, j.Into, j.From, j.Score, j.Cosine, j.Support));
        Assert.Equal(
            batch.Joins.Select(j => (j.Round, batch.Faces.Id(j.Into), batch.Faces.Id(j.From), j.Score, j.Cosine, j.Support)).Order(),
            joins.Order());
    }

    internal static EmbeddingCalibration Calibration(FaceSet faces) =>
        faces.Count % 2 == 0 ? EmbeddingCalibration.Neutral(Faces.Dimension) : EmbeddingCalibration.Learn(Faces.Make(200, 8, 77));
}
