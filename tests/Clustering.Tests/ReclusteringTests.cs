using CsCheck;
using FaceCluster.Core;
using FaceCluster.Testing;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class ReclusteringTests
{
    [Fact]
    public void Plan_NothingChanged_KeepsEveryIdAndSaysNothing() =>
        Faces.Sets.Sample(faces =>
        {
            var result = GroupClustering.Run(faces, calibration: EmbeddingCalibration.Neutral(Faces.Dimension));
            var first = ReclusteringPlan.Create([], Clusters(result), "first");
            var second = ReclusteringPlan.Create(first.After, Clusters(result), "again");
            Assert.Empty(second.Events);
            Assert.Equal(Owners(first.After), Owners(second.After));
        }, iter: 60);

    [Fact]
    public void Plan_AnotherStrictness_UndoRestoresTheStateBefore() =>
        Gen.Select(Faces.Sets, Gen.Double[-4, 8]).Sample((faces, strictness) =>
        {
            var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
            var before = ReclusteringPlan.Create([], Clusters(GroupClustering.Run(faces, calibration: calibration)), "first").After;
            var other = GroupClustering.Run(faces, new GroupOptions { Strictness = strictness }, calibration: calibration);
            var plan = ReclusteringPlan.Create(before, Clusters(other), "strictness");
            Assert.Equal(plan.After.Count, plan.After.Select(i => i.Id).Distinct().Count());
            Assert.Equal(Owners(before), Owners(plan.Undo("undo").After));

            // The events alone lead from one state to the other.
            var replayed = Owners(before).ToDictionary();
            foreach (var e in plan.Events)
            {
                foreach (var face in e.Faces)
                {
                    Assert.Equal(e.From.IsNone, !replayed.ContainsKey(face) || replayed[face].IsNone);
                    replayed[face] = e.To;
                }
            }

            Assert.Equal(Owners(plan.After), replayed.OrderBy(p => p.Key));
        }, iter: 60);

    [Fact]
    public void Undo_EventByEvent_InAnyOrder_RestoresTheStateBefore() =>
        Gen.Select(Faces.Sets, Faces.Sets, Gen.Double[-4, 8], Gen.Int).Sample((faces, others, strictness, seed) =>
        {
            // Faces come between the two states, so that clusters also begin.
            var random = new Random(seed);
            var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
            var before = ReclusteringPlan.Create([], Clusters(GroupClustering.Run(faces, calibration: calibration)), "first").After
                .Select(identity => identity with { Name = $"name of {identity.Id}" }).ToArray();
            var other = Clusters(GroupClustering.Run(faces, new GroupOptions { Strictness = strictness }, calibration: calibration));
            var come = Clusters(GroupClustering.Run(others, calibration: calibration));
            var plan = ReclusteringPlan.Create(before, other.Concat(come).DistinctBy(pair => pair.Face.Id), "change", NameRule.FollowEvidence);
            var now = plan.After;
            var events = plan.Events.ToArray();
            random.Shuffle(events);
            foreach (var change in events)
            {
                now = plan.Undo(change, "undo", now).After;
            }

            Assert.Equal(Owners(before), Owners(now));
            Assert.Equal(
                before.Select(identity => (identity.Id, identity.Name)).Order(),
                now.Select(identity => (identity.Id, identity.Name)).Order());
        }, iter: 60);

    [Fact]
    public void Undo_OfOneEvent_LeavesAloneWhatHasMovedSince()
    {
        FaceId Id(int n) => new(0, (ulong)n);
        var ranks = Enumerable.Range(1, 4).Select(i => new FaceRank(i, Id(i))).ToArray();
        var ann = new ClusterIdentity(Id(11), "Ann", new HashSet<FaceId> { Id(1), Id(2) });
        var bob = new ClusterIdentity(Id(12), "Bob", new HashSet<FaceId> { Id(3), Id(4) });
        var merged = ReclusteringPlan.Create([ann, bob], ranks.Select(rank => (rank, Id(4))), "test", NameRule.FollowEvidence);
        var merge = Assert.Single(merged.Events);
        Assert.Equal((LineageKind.Merged, ann.Id, bob.Id), (merge.Kind, merge.From, merge.To));

        // A person has taken the second face out in the meantime.
        var eve = new ClusterIdentity(Id(13), "Eve", new HashSet<FaceId> { Id(2) });
        var now = new[] { bob with { Faces = new HashSet<FaceId> { Id(1), Id(3), Id(4) } }, eve };
        var undone = merged.Undo(merge, "undo", now);
        Assert.Equal([(Id(1), ann.Id), (Id(2), eve.Id), (Id(3), bob.Id), (Id(4), bob.Id)], Owners(undone.After).Select(p => (p.Key, p.Value)));
        Assert.Equal("Ann", undone.After.Single(identity => identity.Id == ann.Id).Name);
        var split = Assert.Single(undone.Events);
        Assert.Equal((LineageKind.Split, bob.Id, ann.Id), (split.Kind, split.From, split.To));
        Assert.Throws<ArgumentException>(() => undone.Undo(merge, "again"));
    }

    [Fact]
    public void Undo_OfAnIdentityWhoseFacesAreDeleted_DoesNotBringThemBack()
    {
        var ann = new ClusterIdentity(new FaceId(9, 9), "Ann", new HashSet<FaceId> { new(0, 1) });
        var plan = ReclusteringPlan.Create([ann], [], "deletion");
        var removed = Assert.Single(plan.Events);
        Assert.Equal(LineageKind.Removed, removed.Kind);
        Assert.Throws<ArgumentException>(() => plan.Undo(removed, "undo"));
    }

    [Fact]
    public void Plan_NamedIdentitySplits_HeavierPartKeepsIdAndName()
    {
        var ranks = Enumerable.Range(1, 5).Select(i => new FaceRank(i, new FaceId(0, (ulong)i))).ToArray();
        var ann = new ClusterIdentity(new FaceId(9, 9), "Ann", ranks.Select(r => r.Id).ToHashSet());
        var plan = ReclusteringPlan.Create([ann], ranks.Select(r => (r, r.Magnitude < 4 ? ranks[2].Id : ranks[4].Id)), "test", NameRule.FollowEvidence);
        var named = Assert.Single(plan.After, i => i.Name == "Ann");
        Assert.Equal(ann.Id, named.Id);
        Assert.Equal(new HashSet<FaceId> { ranks[3].Id, ranks[4].Id }, named.Faces);
        var split = Assert.Single(plan.Events);
        Assert.Equal((LineageKind.Split, ann.Id, ranks[2].Id, 3), (split.Kind, split.From, split.To, split.Faces.Count));
    }

    [Fact]
    public void Plan_NamedIdentities_NeitherSplitNorMerge_AndThePlanSaysWhatTheEvidenceWouldDo()
    {
        var ranks = Enumerable.Range(1, 7).Select(i => new FaceRank(i, new FaceId(0, (ulong)i))).ToArray();
        var ann = new ClusterIdentity(new FaceId(9, 1), "Ann", ranks[..5].Select(r => r.Id).ToHashSet());
        var bob = new ClusterIdentity(new FaceId(9, 2), "Bob", ranks[5..].Select(r => r.Id).ToHashSet());

        // The evidence: the two faintest faces of Ann on their own, the other three together with Bob's.
        var clusters = ranks.Select(r => (r, r.Magnitude < 3 ? ranks[1].Id : ranks[6].Id)).ToArray();
        var plan = ReclusteringPlan.Create([ann, bob], clusters, "looser");
        Assert.Equal(Owners([ann, bob]), Owners(plan.After));
        Assert.Empty(plan.Events);
        Assert.Equal([(HeldPartKind.Split, ann.Id), (HeldPartKind.Merge, ann.Id)], plan.Held.Select(part => (part.Kind, part.Identity)).Order());

        // A person's word on single faces goes before a name.
        var apart = ReclusteringPlan.Create([ann, bob], clusters, "constraints", constraints: new ConstraintSet()
            .CannotLink(ranks[0].Id, ranks[4].Id).MustLink(ranks[4].Id, ranks[5].Id));
        var homes = Owners(apart.After).ToDictionary();
        Assert.NotEqual(homes[ranks[0].Id], homes[ranks[4].Id]);
        Assert.Equal(homes[ranks[4].Id], homes[ranks[5].Id]);
    }

    [Fact]
    public void Plan_WithNamesAndConstraints_NeverBreaksAHardConstraint() =>
        Gen.Select(Faces.Sets, Gen.Int, Gen.Double[-4, 8]).Sample((faces, seed, strictness) =>
        {
            if (faces.Count < 2)
            {
                return;
            }

            var random = new Random(seed);
            var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
            var before = ReclusteringPlan.Create([], Clusters(GroupClustering.Run(faces, calibration: calibration)), "first").After
                .Select(identity => random.Next(2) == 0 ? identity with { Name = identity.Id.ToString() } : identity).ToArray();
            var constraints = LiveGroupsTests.Constrain(faces, random);
            var result = GroupClustering.Run(faces, new GroupOptions { Strictness = strictness }, constraints, calibration);
            var plan = ReclusteringPlan.Create(before, Clusters(result), "constraints", constraints: constraints);
            var homes = Owners(plan.After).ToDictionary();
            Assert.Equal(faces.Count, homes.Count);
            Assert.All(constraints.MustLinks, pair => Assert.Equal(homes[pair.Left], homes[pair.Right]));
            Assert.All(constraints.CannotLinks, pair => Assert.NotEqual(homes[pair.Left], homes[pair.Right]));
            Assert.Equal(plan.After.Count, plan.After.Select(identity => identity.Id).Distinct().Count());
            Assert.Equal(Owners(before), Owners(plan.Undo("undo").After));

            // Without a change nothing moves, whatever is named.
            var again = ReclusteringPlan.Create(plan.After, Clusters(result), "again", constraints: constraints);
            Assert.Equal(Owners(plan.After), Owners(again.After));
            Assert.Empty(again.Events);
        }, iter: 60);

    [Theory]
    [InlineData("lfw-dev")]
    [InlineData("lfw-dev-fleet")]
    public void Plan_RealFacesWithAnotherStrictness_KeepsNamedFaces(string set)
    {
        if (SharedData.Path(set, "features.f32") is not { } features)
        {
            Assert.Skip(SharedData.SkipReason);
            return;
        }

        var faces = FeatureFile.Read(features, 512);
        var graph = new CachedKnn();
        var before = ReclusteringPlan.Create([], Clusters(GroupClustering.Run(faces, knn: graph)), "first").After
            .Select(i => i.Faces.Count >= 5 ? i with { Name = i.Id.ToString() } : i).ToArray();
        var named = before.Where(i => i.Name is not null).SelectMany(i => i.Faces.Select(f => (f, i.Name))).ToArray();
        foreach (var strictness in new[] { -0.25, 0.75 })
        {
            var other = GroupClustering.Run(faces, new GroupOptions { Strictness = strictness }, knn: graph);
            var after = ReclusteringPlan.Create(before, Clusters(other), "strictness").After;
            var names = after.SelectMany(i => i.Faces.Select(f => (f, i.Name))).ToDictionary(p => p.f, p => p.Name);
            var kept = named.Count(p => names[p.f] == p.Name);
            Assert.True(kept >= 0.99 * named.Length, $"{kept} of {named.Length} faces of named identities kept their name at {strictness}");
        }
    }

    [Fact]
    public void Explain_FollowsTheFaceToItsCentre() =>
        Faces.Sets.Sample(faces =>
        {
            var result = GroupClustering.Run(faces, calibration: EmbeddingCalibration.Neutral(Faces.Dimension));
            for (var row = 0; row < faces.Count; row++)
            {
                var explanation = GroupExplainer.Explain(result, row);
                Assert.Equal(result.Cluster(row), explanation.Cluster);
                Assert.Equal(explanation.Joins.Count == 0, result.Centres.Count(result.Centres[row]) == 1);
                Assert.All(explanation.Joins, join => Assert.True(join.Score > join.Threshold));
                if (explanation.Joins.Count > 0)
                {
                    var last = explanation.Joins[^1];
                    Assert.Equal(result.Centres.Count(result.Centres[row]), last.GroupSize + last.WithSize);
                }
            }
        }, iter: 60);

    private static IEnumerable<(FaceRank Face, FaceId Centre)> Clusters(GroupResult result) =>
        Enumerable.Range(0, result.Faces.Count).Select(row => (result.Faces.Rank(row), result.Cluster(row)));

    private static IEnumerable<KeyValuePair<FaceId, FaceId>> Owners(IEnumerable<ClusterIdentity> identities) =>
        identities.SelectMany(i => i.Faces.Select(f => KeyValuePair.Create(f, i.Id))).OrderBy(p => p.Key);

    /// <summary>The graph does not depend on the strictness; one is enough for both runs.</summary>
    private sealed class CachedKnn : IKnnBuilder
    {
        private KnnGraph? _graph;

        public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation) =>
            _graph ??= new BruteForceKnnBuilder().Build(units, count, dimension, k, progress, cancellation);
    }
}
