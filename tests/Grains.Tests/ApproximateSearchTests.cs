using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using FaceCluster.Index.Faiss;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class ApproximateSearchTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private const int MinFaces = 10_000;

    // Poor on purpose: one of sixteen lists is read, so that an answer that came from here shows.
    private static readonly ApproximateSearchSettings Poor = new() { Structure = ApproximateStructure.IvfFlat, MinFaces = MinFaces, Lists = 16, Probes = 1 };

    private IGrainFactory Grains => fixture.Silo.Grains;

    [Theory]
    [InlineData("min_faces")]
    [InlineData("lists")]
    [InlineData("probes")]
    [InlineData("links")]
    [InlineData("build_breadth")]
    [InlineData("search_breadth")]
    [InlineData("structure")]
    public async Task Create_SettingOutOfRange_NamesItWhetherTheLibraryIsThereOrNot(string field)
    {
        var settings = field switch
        {
            "min_faces" => Poor with { MinFaces = 9_999 },
            "lists" => Poor with { Lists = 251 },
            "probes" => Poor with { Probes = 0 },
            "links" => Poor with { Links = 129 },
            "build_breadth" => Poor with { BuildBreadth = 7 },
            "search_breadth" => Poor with { SearchBreadth = 4_097 },
            _ => Poor with { Structure = (ApproximateStructure)9 },
        };
        var error = await Assert.ThrowsAsync<DomainException>(async () => await CollectionDriver.CreateAsync(Grains, 1, approximate: settings));
        Assert.Equal((DomainStatus.InvalidArgument, $"collection.settings.approximate_search.{field}"), (error.Status, error.Field));
    }

    [Fact]
    public async Task Create_WithoutTheLibrary_RefusedWithTheSentenceThatSaysHowToGetIt()
    {
        if (FaissLibrary.IsAvailable)
        {
            var collection = await CollectionDriver.CreateAsync(Grains, 1, approximate: Poor);
            Assert.Equal(Poor, (await Grains.GetGrain<ICatalogGrain>(0).Get(collection.Info.Name))!.Settings.ApproximateSearch);
            return;
        }

        var error = await Assert.ThrowsAsync<DomainException>(async () => await CollectionDriver.CreateAsync(Grains, 1, approximate: Poor));
        Assert.Equal((DomainStatus.FailedPrecondition, "APPROXIMATE_SEARCH_UNAVAILABLE"), (error.Status, error.Reason));
        Assert.Contains("apt-get install libfaiss-dev", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LargeShard_SearchesAreApproximateAndSaySo_LinksStayExact()
    {
        Assert.SkipUnless(FaissLibrary.IsAvailable, FaissLibrary.UnavailableReason ?? "");
        var collection = await CollectionDriver.CreateAsync(Grains, shards: 1, threshold: 0.6, approximate: Poor);
        var recalls = new ConcurrentBag<double>();
        using var listener = Recalls(collection.Info.Name, recalls);
        var crowd = Crowd.Create(61, faces: MinFaces + 300, cameras: 4);
        var first = crowd.Sightings.Take(MinFaces - 20).ToArray();
        await collection.SendShuffled(first, seed: 1);
        Assert.False((await Search(collection, [first[5]])).IsApproximate);

        await collection.SendShuffled(crowd.Sightings.Skip(first.Length).Take(100), seed: 2);
        while (!(await Search(collection, [first[5]])).IsApproximate)
        {
            await Task.Yield();
        }

        // Faces that come after the index are compared exactly: each finds itself at once.
        var last = crowd.Sightings.Skip(first.Length + 100).ToArray();
        await collection.SendShuffled(last, seed: 3);
        var recent = await Search(collection, last[..32]);
        Assert.True(recent.IsApproximate);
        Assert.All(recent.Queries, hits => Assert.Equal(1, hits[0].Similarity, 1e-6));

        // Every parent and every candidate is that of the exact batch function, although searches miss faces.
        await collection.Settled();
        var deleted = last[..40].Select(sighting => Crowd.Id(collection.Info.Name, sighting)).ToHashSet();
        await collection.Shard(0).Delete([.. deleted]);
        await collection.Quiet();
        await collection.AssertEquals(crowd.Batch(collection.Info.Name, collection.Info.Settings, deleted));

        var afterwards = await Search(collection, last[..32], limit: 100);
        Assert.DoesNotContain(afterwards.Queries.SelectMany(static hits => hits), hit => deleted.Contains(hit.Id));
        var exact = await Search(collection, last[..32], limit: 100, exact: true);
        Assert.False(exact.IsApproximate);
        Assert.All(exact.Queries.Zip(afterwards.Queries), pair => Assert.True(pair.First[^1].Similarity >= pair.Second[^1].Similarity));
        while (recalls.IsEmpty)
        {
            await Search(collection, [first[7]]);
        }

        Assert.All(recalls, recall => Assert.InRange(recall, 0, 1));
    }

    private static MeterListener Recalls(string collection, ConcurrentBag<double> recalls)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, target) =>
            {
                if (instrument.Name == "search.recall")
                {
                    target.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (Equals(tags[0].Value, collection))
            {
                recalls.Add(value);
            }
        });
        listener.Start();
        return listener;
    }

    private static async Task<ShardHits> Search(CollectionDriver collection, Crowd.Sighting[] query, int limit = 10, bool exact = false) =>
        await collection.Shard(0).Search(
            new ShardQuery
            {
                Embeddings = MemoryMarshal.AsBytes(query.SelectMany(static sighting => sighting.Raw).ToArray().AsSpan()).ToArray(),
                Limit = limit,
                Exact = exact,
            },
            TestContext.Current.CancellationToken);
}
