using System.Runtime.InteropServices;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class GalleryGrainTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private static readonly Dictionary<string, string> NoLabels = [];

    private IGrainFactory Grains => fixture.Silo.Grains;

    [Fact]
    public async Task Identify_NamesTheIdentitiesOfATemplateAndFaceScan_Exactly()
    {
        var (collection, crowd) = await Filled(21, faces: 160);
        var owners = await EnrolRoundRobin(collection, crowd, identities: 12, faces: 90);
        for (var q = 90; q < 110; q++)
        {
            var query = crowd.Sightings[q].Raw;
            var found = (await collection.Gallery.Identify(Bytes(query), 5, -1))[0];
            var expected = Expected(collection, crowd, owners, query).Take(5).ToArray();
            Assert.Equal(expected.Select(static e => e.Id), found.Select(static candidate => candidate.IdentityId));
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i].Score, found[i].Similarity, 1e-6);
            }
        }
    }

    [Fact]
    public async Task FaceOfAnotherIdentity_RefusedByName()
    {
        var (collection, crowd) = await Filled(22, faces: 10);
        var face = Crowd.Id(collection.Info.Name, crowd.Sightings[0]);
        await collection.Gallery.Create("ann", "Ann", NoLabels);
        await collection.Gallery.Create("bob", "Bob", NoLabels);
        await collection.Gallery.Enrol("ann", [face]);
        var error = await Assert.ThrowsAsync<DomainException>(async () => await collection.Gallery.Enrol("bob", [face]));
        Assert.Equal("FACE_ENROLLED", error.Reason);
        Assert.Contains("ann", error.Message, StringComparison.Ordinal);
        Assert.Equal("ann", (await collection.Gallery.FindByFaces([face]))[face]);
    }

    [Fact]
    public async Task UnknownFaceWrongEtagAndTakenId_AreTypedErrors()
    {
        var (collection, crowd) = await Filled(23, faces: 4);
        await collection.Gallery.Create("ann", "Ann", NoLabels);
        Assert.Equal("IDENTITY_EXISTS", (await Assert.ThrowsAsync<DomainException>(async () => await collection.Gallery.Create("ann", "Other", NoLabels))).Reason);
        Assert.Equal("FACE_NOT_FOUND", (await Assert.ThrowsAsync<DomainException>(async () => await collection.Gallery.Enrol("ann", [new FaceId(1, 2)]))).Reason);
        var face = Crowd.Id(collection.Info.Name, crowd.Sightings[0]);
        Assert.Equal(DomainStatus.Aborted, (await Assert.ThrowsAsync<DomainException>(async () => await collection.Gallery.Enrol("ann", [face], "stale"))).Status);
        Assert.Equal("IDENTITY_NOT_FOUND", (await Assert.ThrowsAsync<DomainException>(async () => await collection.Gallery.Enrol("nobody", [face]))).Reason);
    }

    [Fact]
    public async Task DeletedIdentity_TakesItsFacesOutOfSearchClustersAndGallery()
    {
        var (collection, crowd) = await Filled(24, faces: 80);
        var faces = crowd.Sightings.Take(20).Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToArray();
        await collection.Gallery.Create("ann", "Ann", NoLabels);
        await collection.Gallery.Enrol("ann", faces);

        Assert.Equal(20, await collection.Gallery.Delete("ann"));
        Assert.Null(await collection.Gallery.Get("ann"));
        Assert.Null(await collection.Gallery.Delete("ann"));
        Assert.Empty((await collection.Gallery.Identify(Bytes(crowd.Sightings[0].Raw), 3, -1))[0]);
        Assert.Empty(await collection.Gallery.FindByFaces(faces));
        await collection.Settled();
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, faces.ToHashSet()));
    }

    [Fact]
    public async Task FaceDeletedInItsShard_LeavesItsIdentityAndTemplate()
    {
        var (collection, crowd) = await Filled(25, faces: 30);
        var faces = crowd.Sightings.Take(3).Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToArray();
        await collection.Gallery.Create("ann", "Ann", NoLabels);
        var before = await collection.Gallery.Enrol("ann", faces);
        await collection.Shard(collection.Info.ShardOf(faces[0])).Delete([faces[0]]);

        var after = await collection.Gallery.Get("ann");
        Assert.Equal(faces[1..].Order(), after!.Faces.Order());
        Assert.NotEqual(before.Etag, after.Etag);
        var template = crowd.Sightings.Skip(1).Take(2).Select(static s => s.Raw).Aggregate(static (a, b) => [.. a.Zip(b, static (x, y) => x + y)]);
        var candidate = (await collection.Gallery.Identify(Bytes(template), 1, -1))[0][0];
        Assert.Equal(1, candidate.TemplateSimilarity, 5);
    }

    [Fact]
    public async Task RestartedSilo_StillKnowsTheIdentities()
    {
        await using var stores = await TestStores.CreateAsync();
        var crowd = Crowd.Create(26, faces: 20, cameras: 2);
        CollectionDriver collection;
        IdentityCandidate before;
        await using (var first = await TestSilo.StartAsync(stores))
        {
            collection = await CollectionDriver.CreateAsync(first.Grains, shards: 2);
            await collection.SendShuffled(crowd.Sightings, 26);
            await collection.Gallery.Create("ann", "Ann", new Dictionary<string, string> { ["team"] = "blue" });
            await collection.Gallery.Enrol("ann", [.. crowd.Sightings.Take(5).Select(sighting => Crowd.Id(collection.Info.Name, sighting))]);
            before = (await collection.Gallery.Identify(Bytes(crowd.Sightings[0].Raw), 1, -1))[0][0];
        }

        await using var second = await TestSilo.StartAsync(stores);
        var again = collection.Through(second.Grains).Gallery;
        Assert.Equal(before, (await again.Identify(Bytes(crowd.Sightings[0].Raw), 1, -1))[0][0]);
        Assert.Equal("blue", (await again.Get("ann"))!.Labels["team"]);
    }

    private static byte[] Bytes(float[] raw) => MemoryMarshal.AsBytes(raw.AsSpan()).ToArray();

    private async Task<(CollectionDriver Collection, Crowd Crowd)> Filled(int seed, int faces)
    {
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 3);
        var crowd = Crowd.Create(seed, faces, cameras: 4);
        await collection.SendShuffled(crowd.Sightings, seed);
        return (collection, crowd);
    }

    private static async Task<Dictionary<int, string>> EnrolRoundRobin(CollectionDriver collection, Crowd crowd, int identities, int faces)
    {
        var owners = new Dictionary<int, string>();
        for (var n = 0; n < identities; n++)
        {
            await collection.Gallery.Create($"person-{n}", $"Person {n}", NoLabels);
        }

        for (var i = 0; i < faces; i++)
        {
            owners[i] = $"person-{i * i % identities}";
        }

        foreach (var group in owners.GroupBy(static pair => pair.Value))
        {
            await collection.Gallery.Enrol(group.Key, [.. group.Select(pair => Crowd.Id(collection.Info.Name, crowd.Sightings[pair.Key]))]);
        }

        return owners;
    }

    /// <summary>The definition, without an index: the better of the cosine to the weighted sum and to the best face.</summary>
    private static IEnumerable<(string Id, double Score)> Expected(CollectionDriver collection, Crowd crowd, Dictionary<int, string> owners, float[] query)
    {
        _ = collection;
        return owners.GroupBy(static pair => pair.Value).Select(group =>
        {
            var raws = group.Select(pair => crowd.Sightings[pair.Key].Raw).ToArray();
            var sum = raws.Aggregate(new float[Crowd.Dimension], static (a, b) => [.. a.Zip(b, static (x, y) => x + y)]);
            return (group.Key, raws.Append(sum).Max(other => Cosine(query, other)));
        }).OrderByDescending(static pair => pair.Item2).ThenBy(static pair => pair.Key, StringComparer.Ordinal);
    }

    private static double Cosine(float[] a, float[] b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }

        return dot / Math.Sqrt(aa * bb);
    }
}
