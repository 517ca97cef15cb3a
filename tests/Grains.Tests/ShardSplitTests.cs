using FaceCluster.Core;
using FaceCluster.Storage.InMemory;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class ShardSplitTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private IGrainFactory Grains => fixture.Silo.Grains;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public async Task SplitsAtRandomTimesDuringIngest_LabelsEqualBatch_NothingTwice(int seed, int shards)
    {
        var crowd = Crowd.Create(seed, faces: 400, cameras: 13);
        var collection = await CollectionDriver.CreateAsync(Grains, shards);
        var sending = collection.SendShuffled(crowd.Sightings, seed);
        var random = new Random(seed);
        var splits = 0;
        while (!sending.IsCompleted || splits < 3)
        {
            await collection.Refresh();
            var shard = collection.Info.Map.Shards[random.Next(collection.Info.Map.Shards.Count)].Number;
            try
            {
                await collection.Shard(shard).Split();
                splits++;
            }
            catch (DomainException error) when (error.Reason is "SHARD_NOT_DIVISIBLE" or "SPLIT_UNDER_WAY" || ShardRetired.Is(error))
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }

        await sending;
        await NoSplitUnderWay(collection);
        Assert.NotEmpty(collection.Info.Map.Retired);

        // Every item comes once more: all are known, under the ids they had.
        foreach (var camera in crowd.Sightings.GroupBy(static sighting => sighting.Camera))
        {
            foreach (var block in camera.Chunk(32))
            {
                var answer = await collection.Send(block);
                Assert.All(answer.Items, item => Assert.Equal(ItemStatus.Repeated, item.Status));
                Assert.Equal(block.Select(sighting => Crowd.Id(collection.Info.Name, sighting)), answer.Items.Select(item => item.Faces[0].Id));
            }
        }

        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }

    [Fact]
    public async Task LimitReached_SplitsByItself_NoShardKeepsMore()
    {
        var crowd = Crowd.Create(11, faces: 1200, cameras: 60);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1, maxFacesPerShard: 200);

        await collection.SendShuffled(crowd.Sightings, 11);
        await collection.Refresh();
        while (collection.Info.Map.Splitting is not null || !await AllWithin(collection, 200))
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            await collection.Refresh();
        }

        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
        Assert.True(collection.Info.Map.Shards.Count >= 6);
    }

    [Fact]
    public async Task SearchDuringSplits_EveryAnswerIsExactlyOverWhatWasAcknowledged()
    {
        var crowd = Crowd.Create(21, faces: 500, cameras: 17);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var acknowledged = new HashSet<FaceId>();
        var sent = new HashSet<FaceId>();
        var gate = new Lock();
        var sending = Parallel.ForEachAsync(
            crowd.Sightings.GroupBy(static sighting => sighting.Camera).SelectMany(static camera => camera.Chunk(5)),
            new ParallelOptions { MaxDegreeOfParallelism = 3 },
            async (block, _) =>
            {
                FaceId[] ids = [.. block.Select(sighting => Crowd.Id(collection.Info.Name, sighting))];
                lock (gate)
                {
                    sent.UnionWith(ids);
                }

                await collection.Send(block);
                lock (gate)
                {
                    acknowledged.UnionWith(ids);
                }
            });
        var splitting = SplitAgainAndAgain(collection, sending);
        var query = new ShardQuery { Embeddings = Crowd.Block([crowd.Sightings[0]]).Embeddings, Limit = 1000 };
        var answers = 0;
        while (!splitting.IsCompleted)
        {
            HashSet<FaceId> before;
            lock (gate)
            {
                before = [.. acknowledged];
            }

            var hits = await collection.Routed(async () =>
                (await Task.WhenAll(collection.Info.Shards.Select(shard => collection.Shard(shard).Search(query).AsTask()))).SelectMany(part => part.Queries[0]).ToArray());
            HashSet<FaceId> after;
            lock (gate)
            {
                after = [.. sent];
            }

            Assert.Equal(hits.Length, hits.Select(hit => hit.Id).Distinct().Count());
            Assert.Subset(hits.Select(hit => hit.Id).ToHashSet(), before);
            Assert.Subset(after, hits.Select(hit => hit.Id).ToHashSet());
            answers++;
        }

        await splitting;
        await sending;
        Assert.True(answers > 0);
        Assert.True(collection.Info.Map.Retired.Count >= 4);
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }

    [Fact]
    public async Task Deletions_BeforeDuringAndAfterASplit_StayDeleted()
    {
        var crowd = Crowd.Create(31, faces: 300, cameras: 9);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 2);
        await collection.SendShuffled(crowd.Sightings, 31);
        var ids = crowd.Sightings.Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToArray();
        var gone = new HashSet<FaceId>();
        for (var round = 0; round < 6; round++)
        {
            await collection.Refresh();
            var fullest = (await Task.WhenAll(collection.Info.Shards.Select(shard => collection.Shard(shard).Status().AsTask()))).MaxBy(status => status.Faces)!.Shard;
            await collection.Shard(fullest).Split();
            foreach (var id in ids.Skip(round * 20).Take(20))
            {
                Assert.Equal(1, await collection.Routed(() => collection.Shard(collection.Info.ShardOf(id)).Delete([id]).AsTask()));
                gone.Add(id);
            }

            await NoSplitUnderWay(collection);
        }

        // A repeat says so and brings nothing back.
        var known = crowd.Sightings.Where(sighting => gone.Contains(Crowd.Id(collection.Info.Name, sighting))).ToArray();
        foreach (var sighting in known)
        {
            Assert.True((await collection.Send([sighting])).Items[0].Faces[0].Deleted);
        }

        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, gone));
    }

    [Fact]
    public async Task Clusters_KeepIdsAndSendNoEvents_WhileShardsAreSplit()
    {
        var crowd = Crowd.Create(41, faces: 300, cameras: 9);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        await collection.SendShuffled(crowd.Sightings, 41);
        await collection.Settled();
        await collection.Quiet();
        var start = await collection.Forest.Watch(Guid.Empty, 0, TimeSpan.Zero);
        var before = await collection.Forest.ListClusters(null, 1000);

        await collection.Shard(0).Split();
        var retired = await collection.WasSplit(0);
        await collection.Forest.WaitFor([new ShardRevision(0, 1)]);
        await collection.Quiet();

        var after = await collection.Forest.ListClusters(null, 1000);
        Assert.Equal(before.Clusters.Select(cluster => (cluster.Id, cluster.Size)), after.Clusters.Select(cluster => (cluster.Id, cluster.Size)));
        Assert.Empty((await collection.Forest.Watch(start.Epoch, start.LastNumber, TimeSpan.Zero)).Events);
        var halves = await Task.WhenAll(new[] { retired.Left, retired.Right }.Select(half => collection.Shard(half).Status().AsTask()));
        Assert.Equal(300, halves.Sum(half => half.Faces));
        Assert.All(halves, half => Assert.InRange(half.Faces, 75, 225));
        Assert.True(ShardRetired.Is(await Assert.ThrowsAsync<DomainException>(async () => await collection.Shard(0).Status())));
    }

    [Fact]
    public async Task List_PositionTakenBeforeASplit_GoesOnAfterIt()
    {
        var crowd = Crowd.Create(51, faces: 200, cameras: 9);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        await collection.SendShuffled(crowd.Sightings, 51);
        var whole = (await collection.Shard(0).List(0, 1000)).Faces.Select(face => face.Id).ToArray();
        var first = await collection.Shard(0).List(0, 70);
        await collection.Shard(0).Split();
        var retired = await collection.WasSplit(0);

        var listed = first.Faces.Select(face => face.Id).ToList();
        foreach (var half in new[] { retired.Left, retired.Right })
        {
            for (var from = first.Next; from is { } position;)
            {
                var page = await collection.Shard(half).List(position, 30);
                listed.AddRange(page.Faces.Select(face => face.Id));
                from = page.Next;
            }
        }

        Assert.Equal(whole, listed);
    }

    [Fact]
    public async Task OneSlotHasAllFaces_IsRefusedWithTheReason()
    {
        var crowd = Crowd.Create(61, faces: 20, cameras: 1);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        await collection.SendShuffled(crowd.Sightings, 61);

        var error = await Assert.ThrowsAsync<DomainException>(async () => await collection.Shard(0).Split());

        Assert.Equal((DomainStatus.FailedPrecondition, "SHARD_NOT_DIVISIBLE"), (error.Status, error.Reason));
    }

    [Fact]
    public async Task Erasure_WhileShardsAreSplit_LeavesNoStoreOfAnEarlierShard()
    {
        var crowd = Crowd.Create(71, faces: 200, cameras: 9);
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        await collection.SendShuffled(crowd.Sightings, 71);
        FaceId[] ids = [.. crowd.Sightings.Take(30).Select(sighting => Crowd.Id(collection.Info.Name, sighting))];
        await collection.Shard(0).Split();
        var erasure = Grains.GetGrain<IErasureGrain>(collection.Info.Name);
        await erasure.Start("e", ids, null);
        while ((await erasure.Wait("e", TimeSpan.FromSeconds(5)))!.Phase != ErasurePhase.Done)
        {
        }

        await NoSplitUnderWay(collection);
        Assert.All(collection.Info.Map.Retired, retired => Assert.True(retired.Dropped));
        Assert.Empty(collection.Info.Map.Abandoned);
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, ids.ToHashSet()));
        Assert.Equal(
            collection.Info.Shards.Order(),
            ((InMemoryShardStoreFactory)fixture.Stores.Shards).Shards.Where(shard => shard.Collection == collection.Info.Name).Select(shard => shard.Number).Order());
    }

    private static async Task SplitAgainAndAgain(CollectionDriver collection, Task until)
    {
        var random = new Random(5);
        while (!until.IsCompleted || collection.Info.Map.Retired.Count < 4)
        {
            await collection.Refresh();
            var shard = collection.Info.Map.Shards[random.Next(collection.Info.Map.Shards.Count)].Number;
            try
            {
                await collection.Shard(shard).Split();
            }
            catch (DomainException error) when (error.Reason is "SHARD_NOT_DIVISIBLE" or "SPLIT_UNDER_WAY" || error.Status == DomainStatus.Unavailable)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task NoSplitUnderWay(CollectionDriver collection)
    {
        do
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            await collection.Refresh();
        }
        while (collection.Info.Map.Splitting is not null);
    }

    private static async Task<bool> AllWithin(CollectionDriver collection, int limit)
    {
        var statuses = await collection.Routed(() => Task.WhenAll(collection.Info.Shards.Select(shard => collection.Shard(shard).Status().AsTask())));
        return statuses.All(status => status.Faces <= limit);
    }
}
