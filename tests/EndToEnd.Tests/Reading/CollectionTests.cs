using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class CollectionTests(SharedServer shared)
{
    private readonly Embeddings _people = new(70);

    private ApiClient Api => shared.Api;

    [Fact]
    public async Task Create_is_answered_again_by_request_id_and_refused_by_name()
    {
        var id = $"c{Guid.NewGuid():n}";
        var request = new CreateCollectionRequest
        {
            CollectionId = id,
            RequestId = Guid.NewGuid().ToString(),
            Collection = new Collection { Settings = new CollectionSettings { ModelId = "m", ShardCount = 3, Clustering = new ClusteringSettings { Threshold = 0.25, MinMagnitude = 7 } } },
        };
        var created = await Api.Collections.CreateCollectionAsync(request);
        Assert.Equal(created, await Api.Collections.CreateCollectionAsync(request));
        Assert.Equal(3, created.Settings.ShardCount);
        Assert.Equal(0.25, created.Settings.Clustering.Threshold);
        Assert.Equal(7, created.Settings.Clustering.MinMagnitude);
        Assert.True(created.Settings.Clustering.HasAmbiguityMargin);
        await ExpectedError.FailsAsync(StatusCode.AlreadyExists, ErrorReason.CollectionExists, () =>
            Api.Collections.CreateCollectionAsync(new CreateCollectionRequest { CollectionId = id }).ResponseAsync);
    }

    [Theory]
    [InlineData("shard_count", 65, 0.5, 0.1, 0)]
    [InlineData("shard_count", -1, 0.5, 0.1, 0)]
    [InlineData("clustering.threshold", 1, double.NaN, 0.1, 0)]
    [InlineData("clustering.threshold", 1, 1.5, 0.1, 0)]
    [InlineData("clustering.ambiguity_margin", 1, 0.5, -0.1, 0)]
    [InlineData("clustering.min_magnitude", 1, 0.5, 0.1, float.PositiveInfinity)]
    public async Task Create_with_a_setting_out_of_range_names_it(string field, int shards, double threshold, double margin, float magnitude)
    {
        var settings = new CollectionSettings
        {
            ModelId = "m",
            ShardCount = shards,
            Clustering = new ClusteringSettings { Threshold = threshold, AmbiguityMargin = margin, MinMagnitude = magnitude },
        };
        var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => Api.Collections.CreateCollectionAsync(
            new CreateCollectionRequest { CollectionId = $"c{Guid.NewGuid():n}", Collection = new Collection { Settings = settings } }).ResponseAsync);
        Assert.Contains($"collection.settings.{field}", ExpectedError.Fields(status));
    }

    [Fact]
    public async Task Delete_needs_force_for_faces_and_makes_old_tokens_void()
    {
        var collection = await Api.NewCollectionAsync();
        var sent = await Api.SendAsync(collection, "door", Embeddings.Item(0, _people.Person()), Embeddings.Item(1, _people.Person()));
        var counted = await Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = collection, MinRevision = sent.Revision });
        Assert.Equal((2, 2, 0), (counted.FaceCount, counted.ClusterCount, counted.PendingFaceCount));
        await ExpectedError.FailsAsync(StatusCode.FailedPrecondition, ErrorReason.CollectionNotEmpty, () =>
            Api.Collections.DeleteCollectionAsync(new DeleteCollectionRequest { Name = collection }).ResponseAsync);
        await Api.Collections.DeleteCollectionAsync(new DeleteCollectionRequest { Name = collection, Force = true });
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.CollectionNotFound, () =>
            Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = collection }).ResponseAsync);

        await Api.Collections.CreateCollectionAsync(new CreateCollectionRequest
        {
            CollectionId = collection["collections/".Length..],
            Collection = new Collection { Settings = new CollectionSettings { ModelId = Embeddings.ModelId } },
        });
        Assert.Empty((await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidRevision, () =>
            Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, MinRevision = sent.Revision }).ResponseAsync);
    }

    [Fact]
    public async Task Collection_without_clustering_stores_and_searches()
    {
        var collection = await Api.NewCollectionAsync(configure: settings => settings.Clustering.Disabled = true);
        var person = _people.Person();
        var sent = await Api.SendAsync(collection, "door", Embeddings.Item(0, _people.See(person)), Embeddings.Item(1, _people.See(person)));
        var found = await Api.Faces.SearchFacesAsync(new SearchFacesRequest
        {
            Parent = collection,
            Query = new FaceQuery { Embedding = Embeddings.Wire(person) },
            MinRevision = sent.Revision,
        });
        Assert.Equal(2, found.Results[0].Matches.Count);
        Assert.Empty((await Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, MinRevision = sent.Revision })).Clusters);
    }

    [Fact]
    public async Task List_pages_by_name()
    {
        var names = new[] { await Api.NewCollectionAsync(), await Api.NewCollectionAsync(), await Api.NewCollectionAsync() };
        var listed = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await Api.Collections.ListCollectionsAsync(new ListCollectionsRequest { PageSize = 2, PageToken = token });
            listed.AddRange(page.Collections.Select(collection => collection.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Subset(listed.ToHashSet(), names.ToHashSet());
        Assert.Equal(listed.Count, listed.Distinct().Count());
    }
}
