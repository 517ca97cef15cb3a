using FaceCluster.Core;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class FaceTests(SharedServer shared)
{
    private readonly Embeddings _people = new(40);

    private ApiClient Api => shared.Api;

    [Fact]
    public async Task Get_returns_what_was_sent()
    {
        var collection = await Api.NewCollectionAsync();
        var time = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var values = _people.Person();
        var item = Embeddings.Item(9, values);
        item.CaptureTime = time;
        item.TrackId = "track 7";
        item.Box = new Box { Left = 1, Top = 2, Width = 30, Height = 40 };
        var sent = await Api.SendAsync(collection, "door", item);
        var name = sent.Acknowledgements[0].Faces[0].Name;

        var face = await Api.Faces.GetFaceAsync(new GetFaceRequest { Name = name, MinRevision = sent.Revision });
        Assert.Equal("door", face.Camera);
        Assert.Equal(9, face.Sequence);
        Assert.Equal(time, face.CaptureTime);
        Assert.Equal("track 7", face.TrackId);
        Assert.Equal(item.Box, face.Box);
        Assert.Equal(Face.Types.State.Clustered, face.State);
        Assert.Null(face.Embedding);

        var masked = await Api.Faces.GetFaceAsync(new GetFaceRequest { Name = name, ReadMask = new FieldMask { Paths = { "camera", "embedding", "quality.magnitude" } } });
        Assert.Equal("door", masked.Camera);
        Assert.Empty(masked.Name);
        Assert.Null(masked.Box);
        Assert.Equal(face.Quality.Magnitude, masked.Quality.Magnitude);
        var back = Embeddings.Floats(masked.Embedding.Values);
        Assert.Equal(Embeddings.ModelId, masked.Embedding.ModelId);
        Assert.All(values.Zip(back), pair => Assert.Equal(pair.First, pair.Second, Math.Abs(pair.First) * 1e-6f));
    }

    [Fact]
    public async Task Get_of_a_wrong_name_mask_or_revision_names_the_field()
    {
        var collection = await Api.NewCollectionAsync();
        var unknown = $"{collection}/faces/{FaceId.Derive("x", "y", 1, 0)}";
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.FaceNotFound, () => Api.Faces.GetFaceAsync(new GetFaceRequest { Name = unknown }).ResponseAsync);
        await FieldAsync("name", new GetFaceRequest { Name = $"{collection}/faces/1234" });
        await FieldAsync("name", new GetFaceRequest());
        await FieldAsync("read_mask", new GetFaceRequest { Name = unknown, ReadMask = new FieldMask { Paths = { "nosuch" } } });
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidRevision, () =>
            Api.Faces.GetFaceAsync(new GetFaceRequest { Name = unknown, MinRevision = "nosuch" }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.CollectionNotFound, () =>
            Api.Faces.GetFaceAsync(new GetFaceRequest { Name = unknown.Replace(collection, "collections/nosuch", StringComparison.Ordinal) }).ResponseAsync);

        async Task FieldAsync(string field, GetFaceRequest request)
        {
            var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => Api.Faces.GetFaceAsync(request).ResponseAsync);
            Assert.Contains(field, ExpectedError.Fields(status));
        }
    }

    [Fact]
    public async Task Revision_of_another_collection_is_refused()
    {
        var (one, other) = (await Api.NewCollectionAsync(), await Api.NewCollectionAsync());
        var sent = await Api.SendAsync(one, "door", Embeddings.Item(1, _people.Person()));
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidRevision, () =>
            Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = other, MinRevision = sent.Revision }).ResponseAsync);
    }

    [Fact]
    public async Task List_in_small_pages_gives_every_face_once_while_others_are_added()
    {
        var collection = await Api.NewCollectionAsync();
        for (var camera = 0; camera < 6; camera++)
        {
            await Api.SendAsync(collection, $"camera {camera}", [.. Enumerable.Range(0, 7).Select(i => Embeddings.Item(i, _people.Person()))]);
        }

        var before = (await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 1000 })).Faces.Select(face => face.Name).ToList();
        Assert.Equal(42, before.Count);
        var paged = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 5, PageToken = token });
            Assert.True(page.Faces.Count <= 5);
            paged.AddRange(page.Faces.Select(face => face.Name));
            token = page.NextPageToken;
            await Api.SendAsync(collection, "late", Embeddings.Item(paged.Count, _people.Person()));
        }
        while (token.Length > 0);

        Assert.Equal(paged.Count, paged.Distinct().Count());
        Assert.Subset(paged.ToHashSet(), before.ToHashSet());
        var one = await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, Camera = "camera 3" });
        Assert.All(one.Faces, face => Assert.Equal("camera 3", face.Camera));
        Assert.Equal(7, one.Faces.Count);
    }

    [Fact]
    public async Task Page_size_negative_and_token_of_another_query_are_refused()
    {
        var collection = await Api.NewCollectionAsync();
        await Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 5).Select(i => Embeddings.Item(i, _people.Person()))]);
        var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () =>
            Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = -1 }).ResponseAsync);
        Assert.Contains("page_size", ExpectedError.Fields(status));

        var token = (await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 2 })).NextPageToken;
        Assert.NotEmpty(token);
        await RefusedAsync(new ListFacesRequest { Parent = collection, Camera = "door", PageToken = token });
        await RefusedAsync(new ListFacesRequest { Parent = await Api.NewCollectionAsync(), PageToken = token });
        await RefusedAsync(new ListFacesRequest { Parent = collection, PageToken = "nosuch" });
        await RefusedAsync(new ListFacesRequest { Parent = collection, PageToken = "####" });

        Task RefusedAsync(ListFacesRequest request) => ExpectedError.FailsAsync(
            StatusCode.InvalidArgument, ErrorReason.InvalidPageToken, () => Api.Faces.ListFacesAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task Search_is_exact_over_all_shards_and_fresh_as_of_the_acknowledgement()
    {
        var collection = await Api.NewCollectionAsync(shards: 7);
        var stored = new List<(string Name, float[] Values)>();
        for (var camera = 0; camera < 10; camera++)
        {
            var values = Enumerable.Range(0, 12).Select(_ => _people.Person()).ToArray();
            var sent = await Api.SendAsync(collection, $"camera {camera}", [.. values.Select((value, i) => Embeddings.Item(i, value))]);
            stored.AddRange(sent.Acknowledgements.Zip(values, (item, value) => (item.Faces[0].Name, value)));
        }

        var query = _people.Person();
        var expected = stored.Select(face => (face.Name, Similarity: Cosine(query, face.Values)))
            .OrderByDescending(hit => hit.Similarity).ThenBy(hit => hit.Name, StringComparer.Ordinal).Take(25).ToList();
        var found = await Api.Faces.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Embedding = Embeddings.Wire(query) }, MaxResults = 25 });
        var matches = Assert.Single(found.Results).Matches;
        Assert.Equal(expected.Select(hit => hit.Name), matches.Select(match => match.Face.Name));
        Assert.Equal(expected.Select(hit => hit.Similarity), matches.Select(match => match.Similarity));

        var own = await Api.Faces.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Face = stored[0].Name }, MaxResults = 3 });
        Assert.DoesNotContain(stored[0].Name, own.Results[0].Matches.Select(match => match.Face.Name));
        Assert.Equal(3, own.Results[0].Matches.Count);
    }

    [Fact]
    public async Task Search_with_a_wrong_query_names_the_field()
    {
        var collection = await Api.NewCollectionAsync();
        await FieldAsync("query", new SearchFacesRequest { Parent = collection }, ErrorReason.InvalidField);
        await FieldAsync("max_results", new SearchFacesRequest { Parent = collection, MaxResults = -1 }, ErrorReason.InvalidField);
        await FieldAsync("min_similarity", new SearchFacesRequest { Parent = collection, MinSimilarity = double.NaN }, ErrorReason.InvalidField);
        await FieldAsync(
            "query.embedding.values",
            new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Embedding = Embeddings.Wire(new float[512]) } },
            ErrorReason.InvalidEmbedding);

        async Task FieldAsync(string field, SearchFacesRequest request, ErrorReason reason)
        {
            var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, reason, () => Api.Faces.SearchFacesAsync(request).ResponseAsync);
            Assert.Contains(field, ExpectedError.Fields(status));
        }
    }

    [Fact]
    public async Task Verify_tells_one_person_from_two()
    {
        var collection = await Api.NewCollectionAsync();
        var person = _people.Person();
        var (a, b) = (_people.See(person), _people.See(person));
        var same = await Api.Faces.VerifyFacesAsync(Request(a, b));
        Assert.True(same.SamePerson);
        Assert.Equal(Cosine(a, b), same.Similarity);
        Assert.False((await Api.Faces.VerifyFacesAsync(Request(a, _people.Person()))).SamePerson);
        var strict = Request(a, b);
        strict.Threshold = 0.9999;
        Assert.False((await Api.Faces.VerifyFacesAsync(strict)).SamePerson);

        VerifyFacesRequest Request(float[] first, float[] second) => new()
        {
            Parent = collection,
            First = new FaceQuery { Embedding = Embeddings.Wire(first) },
            Second = new FaceQuery { Embedding = Embeddings.Wire(second) },
        };
    }

    [Fact]
    public async Task Delete_takes_a_face_out_of_reading_search_and_clusters_and_is_repeatable_by_request_id()
    {
        var collection = await Api.NewCollectionAsync();
        var person = _people.Person();
        var item = Embeddings.Item(0, _people.See(person));
        var sent = await Api.SendAsync(collection, "door", item, Embeddings.Item(1, _people.See(person)), Embeddings.Item(2, _people.See(person)));
        var name = sent.Acknowledgements[0].Faces[0].Name;
        var request = new DeleteFaceRequest { Name = name, RequestId = Guid.NewGuid().ToString() };
        var deleted = await Api.Faces.DeleteFaceAsync(request);
        Assert.Equal(deleted, await Api.Faces.DeleteFaceAsync(request));
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.FaceNotFound, () => Api.Faces.DeleteFaceAsync(new DeleteFaceRequest { Name = name }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.RequestIdReused, () => Api.Faces.DeleteFaceAsync(
            new DeleteFaceRequest { Name = sent.Acknowledgements[1].Faces[0].Name, RequestId = request.RequestId }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.FaceNotFound, () => Api.Faces.GetFaceAsync(new GetFaceRequest { Name = name }).ResponseAsync);

        var clusters = await Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, MinRevision = deleted.Revision });
        Assert.Equal(2, clusters.Clusters.Sum(cluster => cluster.Size));
        var hits = await Api.Faces.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Embedding = item.Embedding } });
        Assert.DoesNotContain(name, hits.Results[0].Matches.Select(match => match.Face.Name));

        var again = await Api.SendAsync(collection, "door", item);
        Assert.True(again.Acknowledgements[0].Replayed);
        Assert.True(again.Acknowledgements[0].Faces[0].Deleted);
    }

    private static double Cosine(float[] a, float[] b)
    {
        var (x, y) = (new float[a.Length], new float[b.Length]);
        Similarity.Normalize(a, x);
        Similarity.Normalize(b, y);
        return Similarity.Dot(x, y);
    }
}
