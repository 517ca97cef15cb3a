using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;
using static FaceCluster.EndToEnd.Tests.Backups.BackupCalls;

namespace FaceCluster.EndToEnd.Tests.Backups;

public sealed class BackupTests(SharedServer shared)
{
    [Fact]
    public async Task Backup_taken_during_ingest_holds_all_that_was_acknowledged_before_and_its_clusters_are_the_batch()
    {
        var api = shared.Api;
        var collection = await api.NewCollectionAsync();
        var people = new Embeddings(290);
        var persons = Enumerable.Range(0, 12).Select(_ => people.Person()).ToArray();
        var cameras = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 400).Select(i => people.See(persons[i % 12], 0.6)).ToArray()).ToArray();
        var acknowledged = new Dictionary<string, float[]>();
        var sessions = cameras.Select((values, camera) => PumpAsync(camera, values)).ToArray();
        while (Acknowledged().Count < 300)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        var before = Acknowledged();
        var parts = await ReadAsync(api, collection);
        await Task.WhenAll(sessions);
        var all = Acknowledged();
        Assert.Equal(1600, all.Count);

        var restored = await RestoreAsync(api, NewId(), parts);
        var held = Faces(parts).Select(id => $"{collection}/faces/{id}").ToList();
        Assert.Equal(held.Count, held.Distinct().Count());
        Assert.Subset(held.ToHashSet(), before.Keys.ToHashSet());
        Assert.Subset(all.Keys.ToHashSet(), held.ToHashSet());
        Assert.Equal(held.Count, restored.Faces);
        var truth = new Truth();
        held.ForEach(name => truth.Add(name, all[name]));
        await truth.MatchesAsync(api, restored.Collection.Name, restored.Revision);

        async Task PumpAsync(int camera, float[][] values)
        {
            using var session = new IngestSession(api);
            for (var at = 0; at < values.Length; at += 16)
            {
                await session.SendAsync(collection, $"camera {camera}", [.. Enumerable.Range(at, 16).Select(i => Embeddings.Item(i, values[i]))]);
                await session.ReadAsync(at + 16);
                lock (acknowledged)
                {
                    foreach (var item in session.Acknowledgements.TakeLast(16))
                    {
                        acknowledged[item.Faces[0].Name] = values[(int)item.Sequence];
                    }
                }
            }

            await session.CompleteAsync();
        }

        Dictionary<string, float[]> Acknowledged()
        {
            lock (acknowledged)
            {
                return new(acknowledged);
            }
        }
    }

    [Fact]
    public async Task Restored_on_another_server_it_has_the_clusters_identities_settings_and_answers_of_the_original_at_that_revision()
    {
        var api = shared.Api;
        var collection = await api.NewCollectionAsync(3);
        var people = new Embeddings(291);
        var persons = Enumerable.Range(0, 5).Select(_ => people.Person()).ToArray();
        var truth = new Truth();
        var names = new List<string>();
        BatchCreateFacesRequest? request = null;
        for (var camera = 0; camera < 6; camera++)
        {
            var values = Enumerable.Range(0, 20).Select(i => people.See(persons[(i + camera) % 5], 0.6)).ToArray();
            request = new BatchCreateFacesRequest { Parent = collection, Camera = $"camera {camera}", Items = { values.Select((value, i) => Embeddings.Item(i * 3, value)) } };
            var answer = await api.Ingest.BatchCreateFacesAsync(request);
            foreach (var (item, value) in answer.Acknowledgements.Zip(values))
            {
                names.Add(item.Faces[0].Name);
                truth.Add(item.Faces[0].Name, value);
            }
        }

        await api.Identities.CreateIdentityAsync(new CreateIdentityRequest
        {
            Parent = collection,
            IdentityId = "ada",
            Identity = new Identity { DisplayName = "Ada", Labels = { ["team"] = "red" } },
            Faces = { names.Take(7) },
        });
        var deleted = names[^1];
        var revision = (await api.Faces.DeleteFaceAsync(new DeleteFaceRequest { Name = deleted })).Revision;
        var original = await ClustersAsync(api, collection, revision);

        var parts = await ReadAsync(api, collection);
        await using var server = await TestServer.StartAsync();
        var restored = await RestoreAsync(server.Api, "elsewhere", parts);

        Assert.Equal((120, 119, 1), (restored.Items, restored.Faces, restored.Identities));
        Assert.Equal(parts[0].Header.Collection.Settings, restored.Collection.Settings);
        Assert.Equal(original, await ClustersAsync(server.Api, "collections/elsewhere", restored.Revision));
        var identity = await server.Api.Identities.GetIdentityAsync(new GetIdentityRequest { Name = "collections/elsewhere/identities/ada" });
        Assert.Equal(("Ada", "red", 7), (identity.DisplayName, identity.Labels["team"], identity.FaceCount));

        // A camera that repeats an item is answered as by the original; the deleted face does not come back.
        request!.Parent = "collections/elsewhere";
        var repeat = await server.Api.Ingest.BatchCreateFacesAsync(request);
        Assert.All(repeat.Acknowledgements, item => Assert.True(item.Replayed));
        Assert.Equal(names.TakeLast(20).Select(Id), repeat.Acknowledgements.Select(item => Id(item.Faces[0].Name)));
        Assert.Equal(119, (await server.Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = "collections/elsewhere" })).FaceCount);
        var fresh = await server.Api.SendAsync("collections/elsewhere", "camera 0", Embeddings.Item(1000, people.Person()));
        Assert.Null(fresh.Acknowledgements[0].Error);
    }

    [Fact]
    public async Task Backup_that_breaks_off_or_is_damaged_leaves_no_collection()
    {
        var api = shared.Api;
        var collection = await api.NewCollectionAsync(2);
        await api.SendAsync(collection, "door", [.. Enumerable.Range(0, 10).Select(i => Embeddings.Item(i, new Embeddings(i).Person()))]);
        var parts = await ReadAsync(api, collection);
        var id = NewId();

        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => RestoreAsync(api, id, parts.SkipLast(1)));
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => RestoreAsync(api, id, parts.Skip(1)));
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => RestoreAsync(api, id, parts.Where(part => part.Block is null)));
        var wrong = parts.Select(part => part.Clone()).ToList();
        wrong.Find(part => part.Block is not null)!.Block.Camera = "window";
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => RestoreAsync(api, id, wrong))).StatusCode);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.CollectionNotFound, () => api.Collections.GetCollectionAsync(
            new GetCollectionRequest { Name = $"collections/{id}" }).ResponseAsync);

        Assert.Equal(10, (await RestoreAsync(api, id, parts)).Faces);
        await ExpectedError.FailsAsync(StatusCode.AlreadyExists, ErrorReason.CollectionExists, () => RestoreAsync(api, id, parts));
        Assert.Equal(10, (await api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = $"collections/{id}" })).FaceCount);
    }

    [Fact]
    public async Task Server_killed_in_the_middle_of_a_restore_deletes_what_it_left_by_itself()
    {
        using var folder = new TemporaryFolder();
        var victim = await ServerProcess.StartAsync(folder.Path);
        var collection = await victim.Api.NewCollectionAsync(2);
        await victim.Api.SendAsync(collection, "door", [.. Enumerable.Range(0, 10).Select(i => Embeddings.Item(i, new Embeddings(i).Person()))]);
        var parts = await ReadAsync(victim.Api, collection);
        using (var call = victim.Api.Backups.RestoreBackup())
        {
            foreach (var part in parts.SkipLast(1))
            {
                await call.RequestStream.WriteAsync(new RestoreBackupRequest { CollectionId = "half", Part = part }, TestContext.Current.CancellationToken);
            }

            while (!await ExistsAsync(victim.Api, 10))
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            await victim.KillAsync();
            await victim.DisposeAsync();
        }

        await using var next = await ServerProcess.StartAsync(folder.Path);
        Assert.True(await ExistsAsync(next.Api, 10));
        while (true)
        {
            try
            {
                Assert.Equal(10, (await RestoreAsync(next.Api, "half", parts)).Faces);
                break;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
            {
                await Task.Delay(200, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(10, (await next.Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = collection })).FaceCount);

        static async Task<bool> ExistsAsync(ApiClient api, int faces)
        {
            try
            {
                return (await api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = "collections/half" })).FaceCount >= faces;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
            {
                return false;
            }
        }
    }

    private static string Id(string name) => name[^32..];

    /// <summary>Cluster id of every face id.</summary>
    private static async Task<SortedDictionary<string, string>> ClustersAsync(ApiClient api, string collection, string revision)
    {
        var clusters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var token = string.Empty;
        do
        {
            var page = await api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 50, PageToken = token, MinRevision = revision });
            foreach (var face in page.Faces)
            {
                clusters.Add(Id(face.Name), Id(face.Cluster));
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return clusters;
    }
}
