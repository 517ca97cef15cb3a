using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class IdentityTests(SharedServer shared)
{
    private readonly Embeddings _people = new(60);

    private ApiClient Api => shared.Api;

    [Fact]
    public async Task Identify_names_the_enrolled_and_shows_the_unknown_by_their_cluster()
    {
        var collection = await Api.NewCollectionAsync();
        var (known, unknown) = (_people.Person(), _people.Person());
        var sent = await Api.SendAsync(
            collection, "door", [.. Enumerable.Range(0, 6).Select(i => Embeddings.Item(i, _people.See(i < 3 ? known : unknown)))]);
        var created = await Api.Identities.CreateIdentityAsync(new CreateIdentityRequest
        {
            Parent = collection,
            IdentityId = "ada",
            Identity = new Identity { DisplayName = "Ada", Labels = { ["team"] = "engines" } },
            Faces = { sent.Acknowledgements.Take(2).Select(item => item.Faces[0].Name) },
        });
        Assert.Equal($"{collection}/identities/ada", created.Name);
        Assert.Equal(2, created.FaceCount);
        Assert.Equal("engines", created.Labels["team"]);

        var ada = Assert.Single((await IdentifyAsync(collection, _people.See(known), sent.Revision)).Faces).Candidates[0];
        Assert.Equal(created.Name, ada.Identity);
        Assert.Equal("Ada", ada.DisplayName);
        Assert.True(ada.HasTemplateSimilarity);
        var stranger = (await IdentifyAsync(collection, _people.See(unknown), sent.Revision)).Faces[0].Candidates[0];
        Assert.Empty(stranger.Identity);
        Assert.NotEmpty(stranger.Cluster);
        Assert.Empty((await IdentifyAsync(collection, _people.Person(), sent.Revision)).Faces[0].Candidates);

        var cluster = await Api.Clusters.GetClusterAsync(new GetClusterRequest { Name = ada.Cluster });
        Assert.Contains(created.Name, cluster.Identities);
        Assert.Equal(created.Name, (await Api.Faces.GetFaceAsync(new GetFaceRequest { Name = sent.Acknowledgements[0].Faces[0].Name })).Identity);
    }

    [Fact]
    public async Task Enrol_of_a_cluster_takes_its_members_once_and_refuses_those_of_others()
    {
        var collection = await Api.NewCollectionAsync();
        var person = _people.Person();
        var sent = await Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 5).Select(i => Embeddings.Item(i, _people.See(person, 0.3)))]);
        var cluster = (await Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, MinRevision = sent.Revision })).Clusters[0];
        Assert.Equal(5, cluster.Size);
        var first = await Api.Identities.CreateIdentityAsync(new CreateIdentityRequest { Parent = collection, Identity = new Identity { DisplayName = "One" } });
        var request = new EnrolFacesRequest { Name = first.Name, Cluster = cluster.Name, RequestId = Guid.NewGuid().ToString() };
        Assert.Equal(5, (await Api.Identities.EnrolFacesAsync(request)).AddedFaces);
        Assert.Equal(5, (await Api.Identities.EnrolFacesAsync(request)).AddedFaces);
        Assert.Equal(0, (await Api.Identities.EnrolFacesAsync(new EnrolFacesRequest { Name = first.Name, Cluster = cluster.Name })).AddedFaces);
        await ExpectedError.FailsAsync(StatusCode.Aborted, ErrorReason.EtagMismatch, () => Api.Identities.EnrolFacesAsync(
            new EnrolFacesRequest { Name = first.Name, Cluster = cluster.Name, Etag = first.Etag }).ResponseAsync);

        await ExpectedError.FailsAsync(StatusCode.FailedPrecondition, ErrorReason.FaceEnrolled, () => Api.Identities.CreateIdentityAsync(
            new CreateIdentityRequest { Parent = collection, IdentityId = "two", Identity = new Identity { DisplayName = "Two" }, Cluster = cluster.Name }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.IdentityNotFound, () => Api.Identities.GetIdentityAsync(
            new GetIdentityRequest { Name = $"{collection}/identities/two" }).ResponseAsync);
        var faces = await Api.Identities.ListIdentityFacesAsync(new ListIdentityFacesRequest { Parent = first.Name, PageSize = 3 });
        var rest = await Api.Identities.ListIdentityFacesAsync(new ListIdentityFacesRequest { Parent = first.Name, PageSize = 3, PageToken = faces.NextPageToken });
        Assert.Equal(5, faces.Faces.Concat(rest.Faces).Distinct().Count());
    }

    [Fact]
    public async Task Delete_takes_the_identity_and_its_faces_away()
    {
        var collection = await Api.NewCollectionAsync();
        var person = _people.Person();
        var sent = await Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 4).Select(i => Embeddings.Item(i, _people.See(person)))]);
        var created = await Api.Identities.CreateIdentityAsync(new CreateIdentityRequest
        {
            Parent = collection,
            IdentityId = "gone",
            Identity = new Identity { DisplayName = "Gone" },
            Faces = { sent.Acknowledgements.Take(3).Select(item => item.Faces[0].Name) },
        });
        var deleted = await Api.Identities.DeleteIdentityAsync(new DeleteIdentityRequest { Name = created.Name });
        Assert.Equal(3, deleted.DeletedFaces);
        var left = await Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, MinRevision = deleted.Revision });
        Assert.Equal([sent.Acknowledgements[3].Faces[0].Name], left.Faces.Select(face => face.Name));
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.IdentityNotFound, () => Api.Identities.DeleteIdentityAsync(
            new DeleteIdentityRequest { Name = created.Name }).ResponseAsync);
    }

    [Fact]
    public async Task Requests_with_wrong_fields_name_them()
    {
        var collection = await Api.NewCollectionAsync();
        await FieldAsync("identity", new CreateIdentityRequest { Parent = collection });
        await FieldAsync("identity.display_name", new CreateIdentityRequest { Parent = collection, Identity = new Identity() });
        await FieldAsync("identity_id", new CreateIdentityRequest { Parent = collection, Identity = new Identity(), IdentityId = "Not An Id" });
        await FieldAsync("identity.display_name", new CreateIdentityRequest { Parent = collection, Identity = new Identity { DisplayName = new string('x', 201) } });
        await FieldAsync("faces[0]", new CreateIdentityRequest { Parent = collection, Identity = new Identity(), Faces = { "nosuch" } });
        await FieldAsync("request_id", new CreateIdentityRequest { Parent = collection, Identity = new Identity(), RequestId = "7" });
        await FieldAsync("parent", new CreateIdentityRequest { Parent = "nosuch", Identity = new Identity() });

        async Task FieldAsync(string field, CreateIdentityRequest request)
        {
            var status = await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => Api.Identities.CreateIdentityAsync(request).ResponseAsync);
            Assert.Contains(field, ExpectedError.Fields(status));
        }
    }

    private async Task<IdentifyFacesResponse> IdentifyAsync(string collection, float[] values, string revision) => await Api.Identities.IdentifyFacesAsync(
        new IdentifyFacesRequest { Parent = collection, Query = new FaceQuery { Embedding = Embeddings.Wire(values) }, MinRevision = revision });
}
