using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class ClusterTests(SharedServer shared)
{
    private ApiClient Api => shared.Api;

    [Theory]
    [InlineData(1, 50)]
    [InlineData(5, 51)]
    public async Task Clusters_of_many_cameras_at_once_equal_the_batch_clustering(int shards, int seed)
    {
        var people = new Embeddings(seed);
        var persons = Enumerable.Range(0, 12).Select(_ => people.Person()).ToArray();
        var collection = await Api.NewCollectionAsync(shards);
        var truth = new Truth();
        var cameras = Enumerable.Range(0, 8).Select(camera => Enumerable.Range(0, 30)
            .Select(i => people.See(persons[(camera + i) % persons.Length], blur: 0.4 + (0.1 * (i % 7)))).ToArray()).ToArray();
        var revisions = await Task.WhenAll(cameras.Select((faces, camera) => IngestAsync(collection, camera, faces)));
        for (var camera = 0; camera < cameras.Length; camera++)
        {
            foreach (var (name, values) in revisions[camera].Names.Zip(cameras[camera]))
            {
                truth.Add(name, values);
            }
        }

        await truth.MatchesAsync(Api, collection, string.Join(',', revisions.Select(camera => camera.Revision)));
    }

    [Fact]
    public async Task Explain_leads_hop_by_hop_to_the_centre_with_growing_rank()
    {
        var people = new Embeddings(52);
        var collection = await Api.NewCollectionAsync();
        var person = people.Person();
        var sent = await Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 30).Select(i => Embeddings.Item(i, people.See(person, 0.6)))]);
        var cluster = (await Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, MinRevision = sent.Revision })).Clusters[0];
        foreach (var face in sent.Acknowledgements.Select(item => item.Faces[0].Name))
        {
            var explained = await Api.Faces.ExplainFaceAsync(new ExplainFaceRequest { Name = face });
            Assert.Equal(explained.Face.Cluster, (await Api.Clusters.GetClusterAsync(new GetClusterRequest { Name = explained.Face.Cluster })).Name);
            var at = face;
            foreach (var hop in explained.Path)
            {
                Assert.Equal(at, hop.Face);
                Assert.True(hop.Similarity > hop.Threshold);
                Assert.True(hop.ParentMagnitude >= hop.Magnitude);
                at = hop.Parent;
            }

            Assert.Equal(explained.CenterFace, at);
            if (explained.Path.Count > 0)
            {
                Assert.Equal(explained.Path[0].Parent, explained.Alternatives[0].Face);
                Assert.Equal(explained.Path[0].Similarity, explained.Alternatives[0].Similarity);
            }
        }

        Assert.True(cluster.Size > 1);
    }

    [Fact]
    public async Task Cluster_whose_centre_joined_another_one_is_answered_with_that()
    {
        var people = new Embeddings(53);
        var collection = await Api.NewCollectionAsync();
        var person = people.Person();
        var weak = people.See(person, 0.2).Select(value => value * 0.1f).ToArray();
        var strong = people.See(person, 0.2).Select(value => value * 10).ToArray();
        var first = await Api.SendAsync(collection, "door", Embeddings.Item(0, weak));
        var before = await Api.Faces.GetFaceAsync(new GetFaceRequest { Name = first.Acknowledgements[0].Faces[0].Name, MinRevision = first.Revision });
        var second = await Api.SendAsync(collection, "gate", Embeddings.Item(0, strong));
        var after = await Api.Clusters.GetClusterAsync(new GetClusterRequest { Name = before.Cluster, MinRevision = second.Revision });
        Assert.NotEqual(before.Cluster, after.Name);
        Assert.Equal(second.Acknowledgements[0].Faces[0].Name, after.CenterFace);
        Assert.Equal(2, after.Size);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.ClusterNotFound, () => Api.Clusters.GetClusterAsync(
            new GetClusterRequest { Name = $"{collection}/clusters/{new string('0', 31)}1" }).ResponseAsync);
    }

    [Fact]
    public async Task Watch_folded_over_its_events_is_the_listing_and_resumes_where_it_was_cut()
    {
        var people = new Embeddings(54);
        var collection = await Api.NewCollectionAsync();
        var persons = Enumerable.Range(0, 5).Select(_ => people.Person()).ToArray();
        await Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 20).Select(i => Embeddings.Item(i, people.See(persons[i % 5])))]);
        var folded = new Dictionary<string, long>();
        var versions = new List<long>();
        var token = await FoldAsync(string.Empty, 20);
        await Api.SendAsync(collection, "gate", [.. Enumerable.Range(0, 20).Select(i => Embeddings.Item(i, people.See(persons[i % 5], 0.3)))]);
        await FoldAsync(token, 40);

        var listed = await Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection });
        Assert.Equal(listed.Clusters.ToDictionary(cluster => cluster.Name, cluster => cluster.Size), folded);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidWatchToken, async () =>
        {
            using var watch = Api.Clusters.WatchClusters(new WatchClustersRequest { Parent = collection, ResumeToken = "nosuch" });
            await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });

        async Task<string> FoldAsync(string from, long faces)
        {
            using var watch = Api.Clusters.WatchClusters(new WatchClustersRequest { Parent = collection, ResumeToken = from });
            var last = from;
            while (folded.Values.Sum() < faces || last == from)
            {
                Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
                last = watch.ResponseStream.Current.ResumeToken;
                foreach (var change in watch.ResponseStream.Current.Events)
                {
                    Fold(change);
                }
            }

            return last;
        }

        void Fold(ClusterEvent change)
        {
            switch (change.Type)
            {
                case ClusterEvent.Types.Type.Resync:
                    folded.Clear();
                    break;
                case ClusterEvent.Types.Type.Merged:
                case ClusterEvent.Types.Type.Removed:
                    folded.Remove(change.Cluster);
                    break;
                default:
                    folded[change.Cluster] = change.Size;
                    break;
            }

            versions.Add(change.Version);
        }
    }

    [Fact]
    public async Task Revision_never_reached_fails_before_the_deadline_with_a_reason()
    {
        var collection = await Api.NewCollectionAsync();
        var sent = await Api.SendAsync(collection, "door", Embeddings.Item(0, new Embeddings(55).Person()));
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(sent.Revision);
        bytes[^1] = 0x7F;
        var future = System.Buffers.Text.Base64Url.EncodeToString(bytes);
        await ExpectedError.FailsAsync(StatusCode.DeadlineExceeded, ErrorReason.RevisionNotReached, () => Api.Clusters.ListClustersAsync(
            new ListClustersRequest { Parent = collection, MinRevision = future }, deadline: DateTime.UtcNow.AddSeconds(2)).ResponseAsync);
    }

    private async Task<(List<string> Names, string Revision)> IngestAsync(string collection, int camera, float[][] faces)
    {
        using var session = new IngestSession(Api);
        foreach (var block in faces.Select((values, i) => Embeddings.Item(i, values)).Chunk(1 + camera))
        {
            await session.SendAsync(collection, $"camera {camera}", block);
        }

        await session.CompleteAsync();
        return ([.. session.Acknowledgements.Select(item => item.Faces[0].Name)], session.Revision);
    }
}
