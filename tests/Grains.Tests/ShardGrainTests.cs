using System.Runtime.InteropServices;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class ShardGrainTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private IGrainFactory Grains => fixture.Silo.Grains;

    [Fact]
    public async Task RepeatedItem_AnsweredWithTheFirstAnswer_StoredOnce()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 2);
        var crowd = Crowd.Create(1, faces: 8, cameras: 1);
        var first = await collection.Send(crowd.Sightings);
        var second = await collection.Send(crowd.Sightings);

        Assert.All(first.Items, item => Assert.Equal(ItemStatus.Stored, item.Status));
        Assert.All(second.Items, item => Assert.Equal(ItemStatus.Repeated, item.Status));
        Assert.Equal(first.Items.Select(static item => item.Faces[0]), second.Items.Select(static item => item.Faces[0]));
        var page = await collection.ShardOf("camera-0").List(0, 100);
        Assert.Equal(8, page.Faces.Count);
    }

    [Fact]
    public async Task SameBlockSentManyTimesAtOnce_StoredOnce()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(2, faces: 20, cameras: 1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => collection.Send(crowd.Sightings)));

        Assert.Single(answers, answer => answer.Items[0].Status == ItemStatus.Stored);
        Assert.Equal(20, (await collection.Shard(0).Status()).Faces);
    }

    [Fact]
    public async Task SequenceUsedForAnotherPayload_RefusedAndNothingStored()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(3, faces: 2, cameras: 1);
        var (one, other) = (crowd.Sightings[0], crowd.Sightings[1]);
        await collection.Send([one]);
        var answer = await collection.Send([other with { Sequence = one.Sequence }]);

        Assert.Equal(ItemStatus.SequenceReused, answer.Items[0].Status);
        Assert.Empty(answer.Items[0].Faces);
        Assert.Equal(1, (await collection.Shard(0).Status()).Faces);
    }

    [Fact]
    public async Task SkippedNumbers_AcceptedAndReported_AlsoToARepeat()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(4, faces: 3, cameras: 1);
        await collection.Send([crowd.Sightings[0] with { Sequence = 10 }]);
        var block = new[] { crowd.Sightings[1] with { Sequence = 14 }, crowd.Sightings[2] with { Sequence = 12 } };
        var answer = await collection.Send(block);
        var repeat = await collection.Send(block);

        Assert.Equal([3L, 0L], answer.Items.Select(static item => item.GapBefore));
        Assert.Equal([3L, 0L], repeat.Items.Select(static item => item.GapBefore));
    }

    [Fact]
    public async Task Find_TellsStoredItemsFromUnknownOnes()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(5, faces: 1, cameras: 1);
        await collection.Send(crowd.Sightings);
        var digest = Crowd.Block(crowd.Sightings).Items[0].PayloadDigest;
        var found = await collection.Shard(0).Find("camera-0", [0, 0, 1], [digest, digest + 1, digest]);

        Assert.Equal(ItemStatus.Repeated, found[0]!.Status);
        Assert.Equal(ItemStatus.SequenceReused, found[1]!.Status);
        Assert.Null(found[2]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task EmbeddingThatCannotBeNormalised_WholeBlockRefused_ShardGoesOn(float poison)
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(6, faces: 2, cameras: 1);
        var bad = crowd.Sightings[1] with { Raw = [poison, .. crowd.Sightings[1].Raw[1..]] };
        var error = await Assert.ThrowsAsync<DomainException>(async () => await collection.Send([crowd.Sightings[0], bad]));

        Assert.Equal("embeddings", error.Field);
        await collection.Send([crowd.Sightings[0]]);
        Assert.Equal(1, (await collection.Shard(0).Status()).Faces);
    }

    [Fact]
    public async Task Search_IsExactOverAllShards_AndFilters()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 5);
        var crowd = Crowd.Create(7, faces: 200, cameras: 6);
        await collection.SendShuffled(crowd.Sightings, 7);
        var query = crowd.Sightings[17].Raw;
        var unit = new float[Crowd.Dimension];
        Similarity.Normalize(query, unit);

        var expected = Naive(collection, crowd.Sightings, unit).Take(10).ToArray();
        Assert.Equal(expected, (await SearchAll(collection, query, 10, null)).Take(10));

        var camera = crowd.Sightings[17].Camera;
        var ofCamera = Naive(collection, crowd.Sightings.Where(sighting => sighting.Camera == camera), unit).Take(10).ToArray();
        Assert.Equal(ofCamera, (await SearchAll(collection, query, 10, camera)).Take(10));
    }

    [Fact]
    public async Task DeletedFace_GoneFromSearchAndClusters_NotBroughtBackByARepeat()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3);
        var crowd = Crowd.Create(8, faces: 60, cameras: 3);
        await collection.SendShuffled(crowd.Sightings, 8);
        await collection.Settled();
        var victim = crowd.Sightings[30];
        var id = Crowd.Id(collection.Info.Name, victim);
        Assert.Equal(1, await collection.ShardOf(victim.Camera).Delete([id]));

        var repeat = await collection.Send([victim]);
        Assert.True(repeat.Items[0].Faces[0].Deleted);
        Assert.DoesNotContain(await SearchAll(collection, victim.Raw, 60, null), hit => hit.Id == id);
        Assert.Empty(await collection.Forest.GetMembers([id]));
        Assert.Empty(await collection.ShardOf(victim.Camera).Get([id]));
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, new HashSet<FaceId> { id }));
    }

    [Fact]
    public async Task DeletedCentre_ItsNameLeadsOnToWhereItsFacesWent()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 2, threshold: 0.2);
        var crowd = Crowd.Create(9, faces: 120, cameras: 4);
        await collection.SendShuffled(crowd.Sightings, 9);
        await collection.Settled();
        var largest = (await collection.Forest.ListClusters(null, 1)).Clusters[0];
        var members = await collection.Forest.ListMembers(largest.Id, FaceId.None, 1000);
        await collection.Shard(collection.Info.ShardOf(largest.Id)).Delete([largest.Id]);
        await collection.Quiet();

        var heir = await collection.Forest.GetCluster(largest.Id);
        Assert.NotNull(heir);
        var present = await collection.Forest.ListMembers(heir.Id, FaceId.None, 1000);
        Assert.Contains(present!.Members, member => members!.Members.Any(before => before.Id == member.Id));
    }

    [Fact]
    public async Task CollectionThatDoesNotExist_NamedInTheError()
    {
        var error = await Assert.ThrowsAsync<DomainException>(async () => await Grains.GetGrain<IShardGrain>("nowhere/00000").Status());
        Assert.Equal("COLLECTION_NOT_FOUND", error.Reason);
    }

    [Fact]
    public async Task DeletedCollection_CreatedAgain_IsEmpty()
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3);
        var crowd = Crowd.Create(10, faces: 30, cameras: 3);
        await collection.SendShuffled(crowd.Sightings, 10);
        await collection.Settled();
        var catalog = Grains.GetGrain<ICatalogGrain>(0);
        Assert.True(await catalog.Delete(collection.Info.Name));
        Assert.False(await catalog.Delete(collection.Info.Name));
        await catalog.Create(collection.Info.Name, collection.Info.Settings);

        Assert.Equal(0, (await collection.Forest.Status()).Faces);
        var answers = await collection.Send([crowd.Sightings[0]]);
        Assert.Equal(ItemStatus.Stored, answers.Items[0].Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(50)]
    public async Task ConcurrentSearches_ShareScansAndEachGetsItsOwnAnswer(int clients)
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1);
        var crowd = Crowd.Create(12, faces: 200, cameras: 1);
        await collection.SendShuffled(crowd.Sightings, 12);

        // A client asks again as soon as it has its answer, some with several queries in a call; the limits differ.
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            for (var round = 0; round < 6; round++)
            {
                var limit = 1 + ((client + round) % 7);
                float[][] queries = [.. Enumerable.Range(0, 1 + (client % 3)).Select(query => crowd.Sightings[((client * 31) + (round * 7) + query) % crowd.Sightings.Count].Raw)];
                var request = new ShardQuery { Embeddings = MemoryMarshal.AsBytes(queries.SelectMany(static raw => raw).ToArray().AsSpan()).ToArray(), Limit = limit };
                var answer = await collection.Shard(0).Search(request);
                for (var query = 0; query < queries.Length; query++)
                {
                    Assert.Equal(Naive(collection, crowd.Sightings, Unit(queries[query])).Take(limit), answer.Queries[query]);
                }
            }
        }));

        static float[] Unit(float[] raw)
        {
            var unit = new float[Crowd.Dimension];
            Similarity.Normalize(raw, unit);
            return unit;
        }
    }

    private static IEnumerable<FaceHit> Naive(CollectionDriver collection, IEnumerable<Crowd.Sighting> sightings, float[] unit)
    {
        var other = new float[Crowd.Dimension];
        var hits = new List<FaceHit>();
        foreach (var sighting in sightings)
        {
            Similarity.Normalize(sighting.Raw, other);
            hits.Add(new FaceHit(Crowd.Id(collection.Info.Name, sighting), Similarity.Dot(unit, other)));
        }

        return hits.OrderByDescending(static hit => hit.Similarity).ThenBy(static hit => hit.Id);
    }

    private static async Task<IEnumerable<FaceHit>> SearchAll(CollectionDriver collection, float[] query, int limit, string? camera)
    {
        var request = new ShardQuery { Embeddings = MemoryMarshal.AsBytes(query.AsSpan()).ToArray(), Limit = limit, Camera = camera };
        var answers = await Task.WhenAll(Enumerable.Range(0, collection.Info.Settings.ShardCount).Select(shard => collection.Shard(shard).Search(request).AsTask()));
        return answers.SelectMany(static answer => answer.Queries[0]).OrderByDescending(static hit => hit.Similarity).ThenBy(static hit => hit.Id);
    }
}
