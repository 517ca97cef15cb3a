using CsCheck;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class ForestViewTests
{
    private static readonly ForestOptions Options = new(0.5, 0.05, 2);

    [Fact]
    public void View_AnyOrderOfPartialLists_EqualsBatch() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var forest = BatchForest.Build(faces, Options);
            var view = new ForestView(Options);
            var random = new Random(seed);
            foreach (var row in Faces.Shuffled(faces.Count, seed))
            {
                // First what one shard knew, then the rest.
                var known = forest.Candidates[row].Items.ToArray().Where(_ => random.Next(2) == 0).ToArray();
                view.Apply(faces.Rank(row), CandidateList.Of(known));
            }

            foreach (var row in Faces.Shuffled(faces.Count, seed + 1))
            {
                view.Apply(faces.Rank(row), forest.Candidates[row]);
                Assert.False(view.Apply(faces.Rank(row), forest.Candidates[row]));
            }

            AssertEquals(forest, view);
        });

    [Fact]
    public void View_InsertsAndDeletesInAnyOrder_EqualsBatchOfTheRest() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var view = new ForestView(Options);
            var mirror = new EventMirror(view.Events);
            var random = new Random(seed);
            var all = BatchForest.Build(faces, Options);
            var deleted = new HashSet<int>();
            foreach (var row in Faces.Shuffled(faces.Count, seed))
            {
                view.Apply(faces.Rank(row), all.Candidates[row]);
                var victim = random.Next(faces.Count);
                if (random.Next(3) == 0 && view.Contains(faces.Id(victim)))
                {
                    Assert.True(view.Remove(faces.Id(victim)));
                    deleted.Add(victim);
                }

                mirror.AssertMatches(view);
            }

            var rest = faces.Select([.. Enumerable.Range(0, faces.Count).Where(row => !deleted.Contains(row))]);
            var expected = BatchForest.Build(rest, Options);
            foreach (var row in Faces.Shuffled(rest.Count, seed + 1))
            {
                view.Apply(rest.Rank(row), expected.Candidates[row]);
                mirror.AssertMatches(view);
            }

            AssertEquals(expected, view);
            foreach (var row in deleted)
            {
                // A deleted centre leads to a living cluster, or nowhere if its whole cluster is gone.
                if (view.TryResolve(faces.Id(row), out var cluster))
                {
                    Assert.True(view.Contains(cluster.Id));
                }
            }
        });

    [Fact]
    public void View_DeletedCentre_ResolvesToItsHighestChild()
    {
        var view = new ForestView(Options);
        var ranks = Enumerable.Range(1, 4).Select(i => new FaceRank(10 - i, new FaceId(0, (ulong)i))).ToArray();
        view.Apply(ranks[0], default);
        view.Apply(ranks[2], CandidateList.Of([new(ranks[0].Id, 0.7)]));
        view.Apply(ranks[1], CandidateList.Of([new(ranks[0].Id, 0.6)]));
        view.Apply(ranks[3], CandidateList.Of([new(ranks[1].Id, 0.6)]));
        view.Remove(ranks[0].Id);

        Assert.True(view.TryResolve(ranks[0].Id, out var cluster));
        Assert.Equal(new ClusterSummary(ranks[1].Id, 2), cluster);
        view.Remove(ranks[1].Id);
        Assert.True(view.TryResolve(ranks[0].Id, out cluster));
        Assert.Equal(new ClusterSummary(ranks[3].Id, 1), cluster);
        view.Remove(ranks[3].Id);
        Assert.False(view.TryResolve(ranks[0].Id, out _));
    }

    [Fact]
    public void View_PathToRoot_NamesEverySimilarity()
    {
        var view = new ForestView(Options);
        var ranks = Enumerable.Range(1, 3).Select(i => new FaceRank(10 - i, new FaceId(0, (ulong)i))).ToArray();
        view.Apply(ranks[0], default);
        view.Apply(ranks[1], CandidateList.Of([new(ranks[0].Id, 0.75)]));
        view.Apply(ranks[2], CandidateList.Of([new(ranks[1].Id, 0.625)]));
        Assert.Equal(
            [new PathHop(ranks[2], ranks[1].Id, 0.625), new PathHop(ranks[1], ranks[0].Id, 0.75), new PathHop(ranks[0], FaceId.None, 0)],
            view.PathToRoot(ranks[2].Id));
        Assert.Empty(view.PathToRoot(new FaceId(9, 9)));
    }

    [Fact]
    public void View_CandidateOfLowerRank_IsRefusedAndNothingChanges()
    {
        var view = new ForestView(Options);
        view.Apply(new FaceRank(1, new FaceId(0, 1)), default);
        Assert.Throws<ArgumentException>(() => view.Apply(new FaceRank(2, new FaceId(0, 2)), CandidateList.Of([new(new FaceId(0, 1), 0.9)])));
        Assert.Throws<ArgumentException>(() => view.Apply(new FaceRank(5, new FaceId(0, 1)), default));
        Assert.Equal(1, view.FaceCount);
    }

    [Fact]
    public void View_Pages_CoverEveryClusterAndMemberOnce() =>
        Gen.Select(Faces.Sets, Gen.Int[1, 7]).Sample((faces, limit) =>
        {
            var forest = BatchForest.Build(faces, Options);
            var view = Fill(forest);
            var bySize = new List<ClusterSummary>();
            while (view.ListBySize(bySize.Count == 0 ? null : bySize[^1], limit) is { Count: > 0 } page)
            {
                bySize.AddRange(page);
            }

            Assert.Equal(bySize.Order(ClusterSummary.BySize), bySize);
            Assert.Equal(view.ClusterCount, bySize.Distinct().Count());
            var byId = new List<ClusterSummary>();
            while (view.ListById(byId.Count == 0 ? FaceId.None : byId[^1].Id, limit) is { Count: > 0 } page)
            {
                byId.AddRange(page);
            }

            Assert.Equal(bySize.OrderBy(c => c.Id), byId);
            foreach (var cluster in byId)
            {
                var members = new List<FaceRank>();
                while (view.ListMembers(cluster.Id, members.Count == 0 ? null : members[^1], limit) is { Count: > 0 } page)
                {
                    members.AddRange(page);
                }

                Assert.Equal(cluster.Size, members.Count);
                Assert.Equal(members.OrderDescending(), members);
                Assert.Equal(cluster.Id, members[0].Id);
            }
        });

    [Fact]
    public void Events_Overwritten_AreReportedAsLost()
    {
        var log = new ClusterEventLog(4);
        var view = new ForestView(Options, log);
        for (var i = 1; i <= 6; i++)
        {
            view.Apply(new FaceRank(i, new FaceId(0, (ulong)i)), default);
        }

        var events = new List<ClusterEvent>();
        Assert.False(log.TryRead(1, 10, events));
        Assert.True(log.TryRead(3, 10, events));
        Assert.Equal([3, 4, 5, 6], events.Select(e => e.Sequence));
    }

    internal static ForestView Fill(Forest forest)
    {
        var view = new ForestView(forest.Options);
        for (var i = 0; i < forest.Faces.Count; i++)
        {
            view.Apply(forest.Faces.Rank(i), forest.Candidates[i]);
        }

        return view;
    }

    private static void AssertEquals(Forest expected, ForestView view)
    {
        Assert.Equal(expected.Faces.Count, view.FaceCount);
        var sizes = new Dictionary<FaceId, int>();
        for (var i = 0; i < expected.Faces.Count; i++)
        {
            var id = expected.Faces.Id(i);
            Assert.True(view.TryResolve(id, out var cluster));
            Assert.Equal(expected.Cluster(i), cluster.Id);
            Assert.Equal(expected.Marks(i), view.Marks(id));
            Assert.Equal(expected.Candidates[i].ParentId, view.PathToRoot(id)[0].Parent);
            sizes[cluster.Id] = sizes.GetValueOrDefault(cluster.Id) + 1;
        }

        Assert.Equal(sizes.Select(s => new ClusterSummary(s.Key, s.Value)).Order(ClusterSummary.BySize), view.ListBySize(null, int.MaxValue));
    }

    /// <summary>Rebuilds the sizes of all clusters from the events alone, as a watcher would.</summary>
    private sealed class EventMirror(ClusterEventLog log)
    {
        private readonly Dictionary<FaceId, int> _sizes = [];
        private long _next = 1;

        public void AssertMatches(ForestView view)
        {
            var events = new List<ClusterEvent>();
            Assert.True(log.TryRead(_next, int.MaxValue, events));
            foreach (var e in events)
            {
                Assert.Equal(_next++, e.Sequence);
                if (e.Kind is ClusterEventKind.Moved or ClusterEventKind.Split)
                {
                    _sizes[e.Other] -= e.Faces;
                }
                else if (e.Kind is ClusterEventKind.Merged or ClusterEventKind.Rerooted)
                {
                    _sizes.Remove(e.Other);
                }

                if (e.Kind == ClusterEventKind.Removed)
                {
                    _sizes.Remove(e.Cluster);
                }
                else
                {
                    _sizes[e.Cluster] = e.Size;
                }
            }

            Assert.Equal(
                _sizes.Select(s => new ClusterSummary(s.Key, s.Value)).Order(ClusterSummary.BySize),
                view.ListBySize(null, int.MaxValue));
        }
    }
}
