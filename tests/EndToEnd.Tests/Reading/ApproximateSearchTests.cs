using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Index.Faiss;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class ApproximateSearchTests(SharedServer shared)
{
    private ApiClient Api => shared.Api;

    [Fact]
    public async Task A_server_without_the_library_refuses_the_collection_and_says_how_to_get_it()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("FACECLUSTER_FAISS_LIBRARY", Path.Combine(folder.Path, "missing.so")));
        var status = await ExpectedError.FailsAsync(StatusCode.FailedPrecondition, ErrorReason.ApproximateSearchUnavailable, () =>
            server.Api.NewCollectionAsync(configure: settings => settings.ApproximateSearch = new ApproximateSearch { Structure = ApproximateSearch.Types.Structure.Hnsw }));
        Assert.Contains("collection.settings.approximate_search", ExpectedError.Fields(status));
        Assert.Contains("apt-get install libfaiss-dev cmake g++", status.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await server.Api.NewCollectionAsync());
    }

    [Fact]
    public async Task Settings_out_of_range_are_all_named()
    {
        var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => Api.NewCollectionAsync(configure: settings =>
            settings.ApproximateSearch = new ApproximateSearch { MinFaces = 5, Lists = -1, Probes = 70_000, Links = 3, BuildBreadth = 1, SearchBreadth = 5_000 }));
        string[] expected = ["structure", "min_faces", "lists", "probes", "links", "build_breadth", "search_breadth"];
        Assert.Equal(expected.Select(field => $"collection.settings.approximate_search.{field}"), ExpectedError.Fields(status));
    }

    [Fact]
    public async Task A_large_shard_answers_approximately_and_every_answer_says_so()
    {
        Assert.SkipUnless(FaissLibrary.IsAvailable, FaissLibrary.UnavailableReason ?? "");
        var people = new Embeddings(33);
        var collection = await Api.NewCollectionAsync(shards: 1, settings =>
        {
            settings.Clustering.Disabled = true;
            settings.ApproximateSearch = new ApproximateSearch { Structure = ApproximateSearch.Types.Structure.IvfSq8, MinFaces = 10_000, Lists = 64, Probes = 8 };
        });
        var stored = (await Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = collection })).Settings.ApproximateSearch;
        Assert.Equal((10_000, 64, 8, 16, 200, 64), (stored.MinFaces, stored.Lists, stored.Probes, stored.Links, stored.BuildBreadth, stored.SearchBreadth));

        var persons = Enumerable.Range(0, 200).Select(_ => people.Person()).ToArray();
        for (var block = 0; block < 313; block++)
        {
            var items = Enumerable.Range(block * 32, 32).Select(i => Embeddings.Item(i, people.See(persons[i % persons.Length], 0.3)));
            await Api.SendAsync(collection, "gate", [.. items]);
        }

        var request = new SearchFacesRequest { Parent = collection, MaxResults = 5, Query = new FaceQuery { Embedding = Embeddings.Wire(persons[3]) } };
        while (!(await Api.Faces.SearchFacesAsync(request)).Approximate)
        {
            await Task.Yield();
        }

        var identified = await Api.Identities.IdentifyFacesAsync(new IdentifyFacesRequest { Parent = collection, Query = request.Query });
        Assert.True(identified.Approximate);
        request.Exact = true;
        var exact = await Api.Faces.SearchFacesAsync(request);
        Assert.False(exact.Approximate);
        Assert.Equal(5, exact.Results[0].Matches.Count);
        Assert.All(exact.Results[0].Matches, match => Assert.Equal(3, match.Face.Sequence % persons.Length));
    }
}
