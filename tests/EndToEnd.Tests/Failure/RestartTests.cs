using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Silo;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Failure;

public sealed class RestartTests
{
    [Fact]
    public async Task Graceful_restart_keeps_faces_clusters_identities_and_answers()
    {
        using var folder = new TemporaryFolder();
        var people = new Embeddings(90);
        var persons = Enumerable.Range(0, 6).Select(_ => people.Person()).ToArray();
        var truth = new Truth();
        string collection, revision;
        Identity identity;
        BatchCreateFacesRequest request;
        BatchCreateFacesResponse first;
        await using (var server = await TestServer.StartAsync(folder.Path))
        {
            collection = await server.Api.NewCollectionAsync();
            var values = Enumerable.Range(0, 32).Select(i => people.See(persons[i % 6])).ToArray();
            request = new BatchCreateFacesRequest
            {
                Parent = collection,
                Camera = "door",
                RequestId = Guid.NewGuid().ToString(),
                Items = { values.Select((value, i) => Embeddings.Item(i, value)) },
            };
            first = await server.Api.Ingest.BatchCreateFacesAsync(request);
            revision = first.Revision;
            foreach (var (item, value) in first.Acknowledgements.Zip(values))
            {
                truth.Add(item.Faces[0].Name, value);
            }

            identity = await server.Api.Identities.CreateIdentityAsync(new CreateIdentityRequest
            {
                Parent = collection,
                IdentityId = "ada",
                Identity = new Identity { DisplayName = "Ada" },
                Faces = { first.Acknowledgements[0].Faces[0].Name },
            });
        }

        await using var again = await TestServer.StartAsync(folder.Path);
        await truth.MatchesAsync(again.Api, collection, revision);
        Assert.Equal(identity, await again.Api.Identities.GetIdentityAsync(new GetIdentityRequest { Name = identity.Name }));
        Assert.Equal(first, await again.Api.Ingest.BatchCreateFacesAsync(request));
    }

    [Fact]
    public async Task Stop_tells_streams_to_leave_and_loses_nothing_acknowledged()
    {
        using var folder = new TemporaryFolder();
        var people = new Embeddings(91);
        var collection = "collections/default";
        int acknowledged;
        await using (var server = await TestServer.StartAsync(folder.Path, TestServer.Limits(gateway => gateway.DrainGrace = TimeSpan.FromMilliseconds(200))))
        {
            using var session = new IngestSession(server.Api);
            await session.SendAsync(collection, "door", [.. Enumerable.Range(0, 32).Select(i => Embeddings.Item(i, people.Person()))]);
            await session.ReadAsync(32);
            var stopping = server.StopAsync();
            await ExpectedError.FailsAsync(StatusCode.Unavailable, ErrorReason.Unavailable, session.CompletedAsync);
            Assert.True(session.Draining);
            await stopping;
            acknowledged = session.Acknowledgements.Count;
        }

        await using var again = await TestServer.StartAsync(folder.Path);
        Assert.Equal(acknowledged, (await again.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces.Count);
    }

    [Fact]
    public async Task Killed_in_the_middle_of_an_ingest_every_acknowledged_face_is_there_once_and_clusters_equal_batch()
    {
        using var folder = new TemporaryFolder();
        var people = new Embeddings(92);
        var persons = Enumerable.Range(0, 10).Select(_ => people.Person()).ToArray();
        var cameras = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 400).Select(i => people.See(persons[i % 10], 0.6)).ToArray()).ToArray();
        const string Collection = "collections/default";
        var acknowledged = new HashSet<string>();
        await using (var victim = await ServerProcess.StartAsync(folder.Path))
        {
            var sessions = cameras.Select((values, camera) => PumpAsync(victim.Api, camera, values)).ToArray();
            await WaitForAsync(() => { lock (acknowledged) { return acknowledged.Count >= 300; } });
            await victim.KillAsync();
            await Task.WhenAll(sessions);
        }

        Assert.InRange(acknowledged.Count, 300, 1599);
        await using var server = await ServerProcess.StartAsync(folder.Path);
        var kept = await ListAsync(server.Api);
        Assert.Equal(kept.Count, kept.Distinct().Count());
        Assert.Subset(kept.ToHashSet(), acknowledged);

        // The cameras send everything again, as they do when they do not know how far they got.
        var truth = new Truth();
        var revisions = new List<string>();
        for (var camera = 0; camera < cameras.Length; camera++)
        {
            using var session = new IngestSession(server.Api);
            foreach (var block in cameras[camera].Select((value, i) => Embeddings.Item(i, value)).Chunk(16))
            {
                await session.SendAsync(Collection, $"camera {camera}", block);
            }

            await session.CompleteAsync();
            revisions.Add(session.Revision);
            foreach (var item in session.Acknowledgements)
            {
                Assert.Null(item.Error);
                truth.Add(item.Faces[0].Name, cameras[camera][(int)item.Sequence]);
            }
        }

        Assert.Equal(1600, truth.Count);
        Assert.Equal(truth.Names.Order(), (await ListAsync(server.Api)).Order());
        await truth.MatchesAsync(server.Api, Collection, string.Join(',', revisions));

        async Task PumpAsync(ApiClient api, int camera, float[][] values)
        {
            using var session = new IngestSession(api);
            try
            {
                for (var at = 0; at < values.Length; at += 16)
                {
                    await session.SendAsync(Collection, $"camera {camera}", [.. Enumerable.Range(at, 16).Select(i => Embeddings.Item(i, values[i]))]);
                    await session.ReadAsync(at + 16);
                    lock (acknowledged)
                    {
                        acknowledged.UnionWith(session.Acknowledgements.SelectMany(item => item.Faces).Select(face => face.Name));
                    }
                }
            }
            catch (Exception exception) when (exception is RpcException or InvalidOperationException)
            {
                // The server was killed.
            }
        }
    }

    [Fact]
    public async Task Second_server_on_one_data_folder_is_refused_with_a_reason_and_the_first_goes_on()
    {
        using var folder = new TemporaryFolder();
        await using var first = await TestServer.StartAsync(folder.Path);
        var exception = await Assert.ThrowsAsync<ServerStartException>(() =>
            FaceClusterServer.StartAsync(TestServer.Options(folder.Path), TestContext.Current.CancellationToken));
        Assert.Contains("in use", exception.Message, StringComparison.Ordinal);
        var (code, error) = await ServerProcess.FailAsync(folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("in use", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Null((await first.Api.SendAsync("collections/default", "door", Embeddings.Item(1, new Embeddings(93).Person()))).Acknowledgements[0].Error);
    }

    private static async Task<List<string>> ListAsync(ApiClient api)
    {
        var names = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await api.Faces.ListFacesAsync(new ListFacesRequest { Parent = "collections/default", PageSize = 1000, PageToken = token });
            names.AddRange(page.Faces.Select(face => face.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return names;
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
