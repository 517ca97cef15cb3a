using Xunit;

namespace FaceCluster.Grains.Tests;

/// <summary>The process ends in the middle of splits; what was acknowledged is there once.</summary>
public sealed class ShardSplitRestartTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 10)]
    [InlineData(5, 40)]
    public async Task SiloEndsDuringASplit_NextOneGoesOnOrTakesItBack(int seed, int callsAfterBegin)
    {
        await using var stores = await TestStores.CreateAsync();
        var crowd = Crowd.Create(seed, faces: 300, cameras: 11);
        CollectionDriver collection;
        await using (var first = await TestSilo.StartAsync(stores))
        {
            collection = await CollectionDriver.CreateAsync(first.Grains, shards: 2);
            await collection.SendShuffled(crowd.Sightings.Take(250), seed);
            await collection.Shard(seed % 2).Split();
            for (var call = 0; call < callsAfterBegin; call++)
            {
                await collection.Routed(() => collection.Shard(collection.Info.Map.Shards[0].Number).Status().AsTask());
            }
        }

        await using var second = await TestSilo.StartAsync(stores);
        collection = collection.Through(second.Grains);
        await collection.Refresh();
        Assert.Null(collection.Info.Map.Splitting);
        await collection.SendShuffled(crowd.Sightings.Skip(100), seed + 1);
        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }

    [Fact]
    public async Task ShardTakenOverDuringASplit_TheFirstOnesCommitFails()
    {
        await using var stores = await TestStores.CreateAsync();
        var crowd = Crowd.Create(9, faces: 300, cameras: 11);
        await using var first = await TestSilo.StartAsync(stores);
        var collection = await CollectionDriver.CreateAsync(first.Grains, shards: 1);
        await collection.SendShuffled(crowd.Sightings.Take(200), 9);
        for (var attempt = 0; attempt < 6; attempt++)
        {
            await collection.Refresh();
            var shard = collection.Info.Map.Shards[0].Number;
            try
            {
                await collection.Shard(shard).Split();
            }
            catch (DomainException error) when (error.Status is DomainStatus.Unavailable or DomainStatus.FailedPrecondition)
            {
                // The other silo has it; the next attempt opens it here again.
            }

            // Another cluster over the same stores opens every shard, as after a partition, and takes writes.
            await using var second = await TestSilo.StartAsync(stores);
            var elsewhere = collection.Through(second.Grains);
            await elsewhere.SendShuffled(crowd.Sightings.Skip(200).Take(10 * (attempt + 1)), attempt);
        }

        await using var last = await TestSilo.StartAsync(stores);
        collection = collection.Through(last.Grains);
        await collection.Refresh();
        await collection.SendShuffled(crowd.Sightings, 99);
        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
    }
}
