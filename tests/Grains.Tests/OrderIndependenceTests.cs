using CsCheck;
using Xunit;

namespace FaceCluster.Grains.Tests;

/// <summary>The promise: N shards = one process = batch, whatever the order and whatever fails in between.</summary>
public sealed class OrderIndependenceTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private IGrainFactory Grains => fixture.Silo.Grains;

    [Fact]
    public Task AnyOrderBlockSizeAndShardCount_WithRepeatsAndConcurrentWriters_EndsAtTheBatchForest() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, 250], Gen.Int[1, 12], Gen.Int[1, 16]).SampleAsync(
            async (seed, faces, cameras, shards) =>
            {
                var crowd = Crowd.Create(seed, faces, cameras);
                var collection = await CollectionDriver.CreateAsync(Grains, shards);
                await collection.SendShuffled(crowd.Sightings, seed);
                await collection.Settled();
                await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
            },
            iter: 25,
            threads: 1);

    [Fact]
    public Task CallsBetweenShardsThatFailBeforeOrAfterTheirEffect_ChangeNothing() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[20, 150], Gen.Int[2, 8]).SampleAsync(
            async (seed, faces, shards) =>
            {
                var crowd = Crowd.Create(seed, faces, cameras: 6);
                var collection = await CollectionDriver.CreateAsync(Grains, shards);
                fixture.Silo.Chaos.Start(seed);
                await collection.SendShuffled(crowd.Sightings, seed);
                fixture.Silo.Chaos.Stop();
                await collection.Settled();
                await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings));
            },
            iter: 8,
            threads: 1);

    [Fact]
    public Task FacesDeletedWhileOthersArrive_LeaveTheBatchForestOfTheRest() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[20, 200], Gen.Int[1, 6]).SampleAsync(
            async (seed, faces, shards) =>
            {
                var random = new Random(seed);
                var crowd = Crowd.Create(seed, faces, cameras: 5);
                var collection = await CollectionDriver.CreateAsync(Grains, shards);
                var early = crowd.Sightings.Take(faces / 2).ToArray();
                await collection.SendShuffled(early, seed);

                var doomed = early.Where(_ => random.Next(4) == 0).ToArray();
                var sending = collection.SendShuffled(crowd.Sightings.Skip(faces / 2), seed);
                foreach (var group in doomed.GroupBy(sighting => sighting.Camera))
                {
                    var ids = group.Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToArray();
                    Assert.Equal(ids.Length, await collection.ShardOf(group.Key).Delete(ids));
                }

                await sending;
                await collection.Settled();
                await collection.Quiet();
                var deleted = doomed.Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToHashSet();
                await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, deleted));
            },
            iter: 15,
            threads: 1);
}
