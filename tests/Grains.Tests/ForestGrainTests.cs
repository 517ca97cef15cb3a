using FaceCluster.Core;
using Orleans.Core.Internal;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class ForestGrainTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private IGrainFactory Grains => fixture.Silo.Grains;

    [Fact]
    public async Task FoldedEvents_GiveTheListOfClusters()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 4, threshold: 0.3);
        var crowd = Crowd.Create(11, faces: 300, cameras: 6);
        await collection.SendShuffled(crowd.Sightings.Take(100), 11);
        var clusters = new Dictionary<FaceId, int>();
        var (epoch, last) = await Follow(collection, Guid.Empty, 0, clusters);

        await collection.SendShuffled(crowd.Sightings.Skip(100), 12);
        var doomed = crowd.Sightings.Where(static (_, i) => i % 7 == 0).ToArray();
        foreach (var group in doomed.GroupBy(static sighting => sighting.Camera))
        {
            await collection.ShardOf(group.Key).Delete([.. group.Select(sighting => Crowd.Id(collection.Info.Name, sighting))]);
        }

        await collection.Settled();
        await collection.Quiet();
        var (same, _) = await Follow(collection, epoch, last, clusters);
        Assert.Equal(epoch, same);
        var listed = new Dictionary<FaceId, int>();
        for (ClusterCursor? after = null; ;)
        {
            var page = await collection.Forest.ListClusters(after, 7);
            foreach (var cluster in page.Clusters)
            {
                listed.Add(cluster.Id, cluster.Size);
            }

            if (page.Next is null)
            {
                break;
            }

            after = page.Next;
        }

        Assert.Equal(listed.OrderBy(static pair => pair.Key), clusters.OrderBy(static pair => pair.Key));
        Assert.Equal(300 - doomed.Length, listed.Values.Sum());
    }

    [Fact]
    public async Task Members_ComeByRank_PagedWithoutGapOrRepeat()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3, threshold: 0.1);
        var crowd = Crowd.Create(13, faces: 150, cameras: 5);
        await collection.SendShuffled(crowd.Sightings, 13);
        await collection.Settled();
        var largest = (await collection.Forest.ListClusters(null, 1)).Clusters[0];
        var members = new List<MemberInfo>();
        var after = FaceId.None;
        do
        {
            var page = await collection.Forest.ListMembers(largest.Id, after, 4);
            members.AddRange(page!.Members);
            after = page.Next;
        }
        while (!after.IsNone);

        Assert.Equal(largest.Size, members.Count);
        Assert.Equal(largest.Id, members[0].Id);
        Assert.Equal(members.OrderByDescending(static member => new FaceRank(member.Magnitude, member.Id)), members);
    }

    [Fact]
    public async Task Explanation_LeadsFromTheFaceToItsCentre_RanksRiseAndSimilaritiesPassTheThreshold()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3, threshold: 0.3);
        var crowd = Crowd.Create(14, faces: 150, cameras: 5);
        await collection.SendShuffled(crowd.Sightings, 14);
        await collection.Settled();
        foreach (var sighting in crowd.Sightings.Take(40))
        {
            var id = Crowd.Id(collection.Info.Name, sighting);
            var explanation = await collection.Forest.Explain(id);
            Assert.NotNull(explanation);
            var path = explanation.Path;
            Assert.Equal(id, path[0].Face.Id);
            Assert.Equal((await collection.Forest.GetCluster(id))!.Id, path[^1].Face.Id);
            for (var hop = 1; hop < path.Count; hop++)
            {
                Assert.Equal(path[hop].Face.Id, path[hop - 1].Face.Parent);
                Assert.True(path[hop - 1].Face.ParentSimilarity > explanation.LinkThreshold);
                Assert.True(new FaceRank(path[hop].Face.Magnitude, path[hop].Face.Id) > new FaceRank(path[hop - 1].Face.Magnitude, path[hop - 1].Face.Id));
            }
        }
    }

    [Theory]
    [InlineData(1, 99)]
    [InlineData(0, 0)]
    public async Task LateStateOfAShard_DoesNotTakeThePlaceOfWhatItSaidSince(int epochsAgo, long start)
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 2, threshold: 0.3);
        var crowd = Crowd.Create(16, faces: 60, cameras: 4);
        await collection.SendShuffled(crowd.Sightings, 16);
        await collection.Quiet();
        var shards = collection.Info.Shards.Select(number => Grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Info.Name, number))).ToArray();
        foreach (var shard in shards)
        {
            await shard.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }

        await collection.Quiet();
        await collection.Settled();
        var before = await collection.Forest.Status();
        foreach (var shard in shards)
        {
            // As an activation sends it that lost its store while its silo was held up, or that gave this message up.
            var status = await shard.Status();
            Assert.True(status.Epoch > 1);
            Assert.True(await collection.Forest.Apply(new ForestChanges
            {
                Shard = status.Shard,
                Feed = Guid.NewGuid(),
                Number = 0,
                Epoch = status.Epoch - epochsAgo,
                Start = start,
                LinkedThroughLsn = -1,
            }));
        }

        var after = await collection.Forest.Status();
        Assert.Equal((60, before.Clusters), (after.Faces, after.Clusters));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await collection.Settled(deadline.Token);
    }

    [Fact]
    public async Task ReadOfARevisionThatIsNotThereYet_WaitsUntilItsDeadline()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await collection.Forest.WaitFor([new ShardRevision(0, 1000)], deadline.Token));
    }

    [Fact]
    public async Task UncertainFaces_AreListedWithTheReason()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3, threshold: 0.3);
        var crowd = Crowd.Create(15, faces: 200, cameras: 4);
        await collection.SendShuffled(crowd.Sightings, 15);
        await collection.Settled();
        var batch = crowd.Batch(collection.Info.Name, collection.Info.Settings);
        var expected = Enumerable.Range(0, batch.Faces.Count).Where(row => batch.Marks(row) != 0).Select(batch.Faces.Id).Order().ToArray();
        Assert.NotEmpty(expected);

        var listed = new List<MemberInfo>();
        while (await collection.Forest.ListUncertain(listed.Count > 0 ? listed[^1].Id : FaceId.None, 9) is { Count: > 0 } page)
        {
            listed.AddRange(page);
        }

        Assert.Equal(expected, listed.Select(static member => member.Id));
        Assert.All(listed, static member => Assert.NotEqual(UncertainReason.None, member.Uncertain));
    }

    private static async Task<(Guid Epoch, long Last)> Follow(CollectionDriver collection, Guid epoch, long last, Dictionary<FaceId, int> clusters)
    {
        while (true)
        {
            var batch = await collection.Forest.Watch(epoch, last, TimeSpan.Zero);
            if (batch.Events.Count == 0)
            {
                return (epoch, last);
            }

            foreach (var change in batch.Events)
            {
                Fold(change, last, clusters);
                last = change.Number;
            }

            (epoch, last) = (batch.Epoch, batch.LastNumber);
        }
    }

    private static void Fold(ClusterEvent change, long last, Dictionary<FaceId, int> clusters)
    {
        switch (change.Kind)
        {
            case ClusterEventKind.Resync:
                clusters.Clear();
                return;
            case ClusterEventKind.Merged or ClusterEventKind.Removed:
                Assert.Equal(last + 1, change.Number);
                clusters.Remove(change.Cluster);
                return;
            default:
                clusters[change.Cluster] = change.Size;
                return;
        }
    }
}
