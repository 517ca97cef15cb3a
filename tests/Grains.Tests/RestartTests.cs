using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class RestartTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(3, 9)]
    public async Task SiloRestartedInTheMiddle_GoesOnWhereItStopped(int seed, int shards)
    {
        await using var stores = await TestStores.CreateAsync();
        var crowd = Crowd.Create(seed, faces: 300, cameras: 7);
        CollectionDriver collection;
        await using (var first = await TestSilo.StartAsync(stores))
        {
            collection = await CollectionDriver.CreateAsync(first.Grains, shards);
            await collection.SendShuffled(crowd.Sightings.Take(180), seed);
        }

        await using var second = await TestSilo.StartAsync(stores);
        collection = collection.Through(second.Grains);

        // Half of what was acknowledged before comes again, as from cameras that missed the answers.
        await collection.SendShuffled(crowd.Sightings.Skip(90), seed + 1);
        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }

    [Fact]
    public async Task ShardTakenOverByAnotherSilo_FirstOneStopsAnswering()
    {
        await using var stores = await TestStores.CreateAsync();
        await using var first = await TestSilo.StartAsync(stores);
        var collection = await CollectionDriver.CreateAsync(first.Grains, shards: 1);
        var crowd = Crowd.Create(5, faces: 20, cameras: 1);
        await collection.Send([.. crowd.Sightings.Take(10)]);

        // Another cluster over the same stores, as after a network partition: it opens the shard and fences the first.
        await using var second = await TestSilo.StartAsync(stores);
        var elsewhere = collection.Through(second.Grains);
        await elsewhere.Send([.. crowd.Sightings.Skip(10).Take(5)]);

        var rest = Crowd.Block([.. crowd.Sightings.Skip(15)]);
        var lost = await Assert.ThrowsAsync<DomainException>(async () => await collection.ShardOf(rest.Camera).Append(rest));
        Assert.Equal("SHARD_CLOSED", lost.Reason);
        Assert.Equal(DomainStatus.Unavailable, lost.Status);

        // The caller repeats; the shard opens again with everything that either silo acknowledged.
        await collection.Send([.. crowd.Sightings.Skip(15)]);
        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }
}
