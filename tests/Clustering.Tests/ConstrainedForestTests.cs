using CsCheck;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class ConstrainedForestTests
{
    private static readonly ForestOptions Options = new(0.3);

    [Fact]
    public void Apply_HardConstraintsHold_WhateverTheOrderOfTheRows() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var constraints = Constrain(faces, seed);
            var constrained = ConstrainedForest.Apply(BatchForest.Build(faces, Options), constraints);
            var clusters = Enumerable.Range(0, faces.Count).ToDictionary(faces.Id, constrained.Cluster);
            Assert.All(constraints.MustLinks, pair => Assert.Equal(clusters[pair.Left], clusters[pair.Right]));
            Assert.All(constraints.CannotLinks, pair => Assert.NotEqual(clusters[pair.Left], clusters[pair.Right]));
            var order = Faces.Shuffled(faces.Count, seed);
            var shuffled = ConstrainedForest.Apply(BatchForest.Build(faces.Select(order), Options), constraints);
            Assert.Equal(constrained.Cuts, shuffled.Cuts);
            for (var i = 0; i < order.Length; i++)
            {
                Assert.Equal(constrained.Cluster(order[i]), shuffled.Cluster(i));
            }
        }, iter: 100);

    [Fact]
    public void ConstrainedView_AfterAnyInsertsAndRemovals_EqualsTheBatch() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var constraints = Constrain(faces, seed);
            var forest = BatchForest.Build(faces, Options);
            var view = new ForestView(Options);
            var constrained = new ConstrainedView(view);
            constrained.SetConstraints(constraints);
            foreach (var row in Faces.Shuffled(faces.Count, seed))
            {
                view.Apply(faces.Rank(row), forest.Candidates[row]);
            }

            Same(faces, ConstrainedForest.Apply(forest, constraints), constrained);
            var rest = Faces.Shuffled(faces.Count, seed + 1)[..(faces.Count / 2)];
            foreach (var row in Enumerable.Range(0, faces.Count).Except(rest))
            {
                view.Remove(faces.Id(row));
            }

            var remaining = faces.Select(rest);
            var after = BatchForest.Build(remaining, Options);
            for (var row = 0; row < remaining.Count; row++)
            {
                view.Apply(remaining.Rank(row), after.Candidates[row]);
            }

            Same(remaining, ConstrainedForest.Apply(after, constraints), constrained);
        }, iter: 60);

    [Fact]
    public void Apply_CannotLinkInATree_CutsTheWeakestEdgeOfThePath()
    {
        var faces = Faces.Make(30, 1, 9, noise: 0.2);
        var forest = BatchForest.Build(faces, Options);
        var row = Enumerable.Range(0, faces.Count).First(r => forest.Parents[r] >= 0 && forest.Parents[forest.Parents[r]] >= 0);
        var (parent, grandparent) = (forest.Parents[row], forest.Parents[forest.Parents[row]]);
        var cut = ConstrainedForest.Apply(forest, new ConstraintSet().CannotLink(faces.Id(row), faces.Id(grandparent))).Cuts;
        var weakest = faces.Similarity(row, parent) < faces.Similarity(parent, grandparent) ? row : parent;
        Assert.Equal(faces.Id(weakest), Assert.Single(cut).Child);
    }

    [Fact]
    public void Apply_Contradiction_IsRefused()
    {
        var faces = Faces.Make(2, 1, 9);
        var constraints = new ConstraintSet().MustLink(faces.Id(0), faces.Id(1)).CannotLink(faces.Id(0), faces.Id(1));
        Assert.Throws<ContradictoryConstraintsException>(() => ConstrainedForest.Apply(BatchForest.Build(faces, Options), constraints));
    }

    private static void Same(FaceSet faces, ConstrainedForest expected, ConstrainedView view)
    {
        for (var row = 0; row < faces.Count; row++)
        {
            Assert.Equal(expected.Cluster(row), view.Cluster(faces.Id(row)));
        }
    }

    /// <summary>Random must-links within three blocks of rows and cannot-links across them, so that they never contradict.</summary>
    private static ConstraintSet Constrain(FaceSet faces, int seed)
    {
        var random = new Random(seed);
        var set = new ConstraintSet();
        for (var n = 0; faces.Count > 1 && n < 10; n++)
        {
            var (a, b) = (random.Next(faces.Count), random.Next(faces.Count));
            if (a == b)
            {
                continue;
            }

            _ = a % 3 == b % 3 ? set.MustLink(faces.Id(a), faces.Id(b)) : set.CannotLink(faces.Id(a), faces.Id(b));
        }

        return set;
    }
}
