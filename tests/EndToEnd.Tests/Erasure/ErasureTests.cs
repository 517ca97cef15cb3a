using System.Security.Cryptography;
using System.Text;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Silo;
using FaceCluster.Testing;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace FaceCluster.EndToEnd.Tests.Erasure;

public sealed class ErasureTests(SharedServer shared)
{
    private const int Faces = 2000;

    [Fact]
    public async Task Erased_faces_leave_no_bytes_in_any_file_of_the_running_and_of_the_stopped_server_and_the_others_stay()
    {
        using var folder = new TemporaryFolder();
        string collection;
        Truth truth;
        BytePatterns erased;
        var kept = new BytePatterns();
        List<(string Name, float[] Values)> faces;
        await using (var server = await TestServer.StartAsync(folder.Path))
        {
            collection = await server.Api.NewCollectionAsync();
            faces = await SendAsync(server.Api, collection, 190);
            var gone = faces.Where((_, i) => i % 20 == 7).ToList();
            erased = Patterns(gone);
            kept.Add(faces[0].Name, faces[0].Values);
            Assert.Equal(gone.Count, erased.Find(folder.Path).Select(hit => hit.Face).Distinct().Count());

            // One of them was deleted before and is still in the log.
            await server.Api.Faces.DeleteFaceAsync(new DeleteFaceRequest { Name = gone[0].Name });
            var operation = await WaitAsync(server.Api, await server.Api.Faces.EraseFacesAsync(
                new EraseFacesRequest { Parent = collection, Faces = { gone.Select(face => face.Name) } }));

            var receipt = operation.ErasureReceipt;
            Assert.Equal((gone.Count, gone.Count - 1, 0), (receipt.RequestedFaces, receipt.ErasedFaces, receipt.ErasedIdentities));
            Assert.Equal(Digest(gone.Select(face => face.Name)), receipt.FacesSha256);
            Assert.Equal(6, receipt.Places.Count);
            Assert.All(receipt.Places, place => Assert.InRange(place.FinishTime.ToDateTime(), receipt.StartTime.ToDateTime(), receipt.FinishTime.ToDateTime()));
            Assert.Empty(erased.Find(folder.Path));

            truth = new Truth();
            foreach (var (name, values) in faces.Except(gone))
            {
                truth.Add(name, values);
            }

            await truth.MatchesAsync(server.Api, collection, await RevisionAsync(server.Api, collection));
            await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.FaceNotFound, () => server.Api.Faces.GetFaceAsync(new GetFaceRequest { Name = gone[1].Name }).ResponseAsync);
        }

        Assert.Empty(erased.Find(folder.Path));
        Assert.Single(kept.Find(folder.Path).Select(hit => hit.Face).Distinct());
        await using var again = await TestServer.StartAsync(folder.Path);
        await truth.MatchesAsync(again.Api, collection, string.Empty);
        Assert.Empty(erased.Find(folder.Path));
    }

    [Fact]
    public async Task Erased_identity_goes_with_faces_template_and_name()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TestServer.StartAsync(folder.Path);
        var api = server.Api;
        var collection = await api.NewCollectionAsync(2);
        var people = new Embeddings(191);
        var person = people.Person();
        var values = Enumerable.Range(0, 12).Select(_ => people.See(person)).ToArray();
        var names = (await api.SendAsync(collection, "door", [.. values.Select((value, i) => Embeddings.Item(i, value))]))
            .Acknowledgements.Select(item => item.Faces[0].Name).ToArray();
        var identity = await api.Identities.CreateIdentityAsync(new CreateIdentityRequest
        {
            Parent = collection,
            IdentityId = "somebody-unmistakable",
            Identity = new Identity { DisplayName = "Unmistakable Display Name" },
            Faces = { names.Take(8) },
            RequestId = Guid.NewGuid().ToString(),
        });
        var patterns = Patterns([.. names.Take(8).Zip(values)]);
        patterns.Add("template", [.. Enumerable.Range(0, Embeddings.Dimension).Select(i => values.Take(8).Sum(value => value[i]))]);

        var operation = await WaitAsync(api, await api.Identities.EraseIdentityAsync(new EraseIdentityRequest { Name = identity.Name }));

        Assert.Equal((8, 1), (operation.ErasureReceipt.ErasedFaces, operation.ErasureReceipt.ErasedIdentities));
        Assert.Empty(patterns.Find(folder.Path));
        Assert.False(Contains(folder.Path, "Unmistakable Display Name"));
        Assert.False(Contains(folder.Path, "somebody-unmistakable"));
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.IdentityNotFound, () => api.Identities.GetIdentityAsync(new GetIdentityRequest { Name = identity.Name }).ResponseAsync);
        Assert.Equal(names.Skip(8).Order(), (await api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces.Select(face => face.Name).Order());
    }

    [Fact]
    public async Task Killed_at_any_point_an_erasure_goes_on_after_the_restart()
    {
        using var folder = new TemporaryFolder();
        var victim = await ServerProcess.StartAsync(folder.Path);
        var collection = await victim.Api.NewCollectionAsync();
        var faces = await SendAsync(victim.Api, collection, 192);
        var gone = faces.Where((_, i) => i % 20 == 3).ToList();
        var operation = await victim.Api.Faces.EraseFacesAsync(new EraseFacesRequest { Parent = collection, Faces = { gone.Select(face => face.Name) } });
        for (var step = 0; step < operation.Progress.StepsTotal && !operation.Done; step++)
        {
            // Killed after each further step, so that every phase is interrupted once.
            while (!operation.Done && operation.Progress.StepsDone < step)
            {
                operation = await victim.Api.Operations.GetOperationAsync(new GetOperationRequest { Name = operation.Name });
            }

            await victim.KillAsync();
            await victim.DisposeAsync();
            victim = await ServerProcess.StartAsync(folder.Path);
            operation = await victim.Api.Operations.GetOperationAsync(new GetOperationRequest { Name = operation.Name });
        }

        operation = await WaitAsync(victim.Api, operation);
        Assert.Equal((gone.Count, gone.Count), (operation.ErasureReceipt.RequestedFaces, operation.ErasureReceipt.ErasedFaces));
        Assert.Empty(Patterns(gone).Find(folder.Path));
        var truth = new Truth();
        foreach (var (name, values) in faces.Except(gone))
        {
            truth.Add(name, values);
        }

        await truth.MatchesAsync(victim.Api, collection, await RevisionAsync(victim.Api, collection));
        await victim.DisposeAsync();
    }

    [Fact]
    public async Task In_PostgreSQL_erased_faces_leave_no_bytes_in_any_file_of_the_database_nor_in_its_log_once_that_is_recycled()
    {
        await using var database = await PostgresServer.TryStartAsync("wal_recycle = off");
        Assert.SkipWhen(database is null, PostgresServer.SkipReason);
        await using (var server = await TestServer.StartAsync(configure: options =>
            options.Storage = new ServerStorageOptions { Kind = StorageKind.Postgres, ConnectionString = database.ConnectionString }))
        {
            var collection = await server.Api.NewCollectionAsync();
            var faces = await SendAsync(server.Api, collection, 194);
            var gone = faces.Where((_, i) => i % 20 == 11).ToList();
            var erased = Patterns(gone);
            await SqlAsync("CHECKPOINT");
            Assert.Equal(gone.Count, erased.Find(Path.Combine(database.DataFolder, "base")).Select(hit => hit.Face).Distinct().Count());
            var operation = await WaitAsync(server.Api, await server.Api.Faces.EraseFacesAsync(
                new EraseFacesRequest { Parent = collection, Faces = { gone.Select(face => face.Name) } }));
            Assert.Equal(gone.Count, operation.ErasureReceipt.ErasedFaces);

            // Tables that were dropped keep their first file until the next checkpoint.
            await SqlAsync("SELECT pg_switch_wal()");
            await SqlAsync("CHECKPOINT");
            await SqlAsync("CHECKPOINT");
            Assert.Empty(erased.Find(database.DataFolder));
            Assert.Single(Patterns([faces[0]]).Find(database.DataFolder).Select(hit => hit.Face).Distinct());
        }

        async Task SqlAsync(string text)
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand(text, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Repeat_is_one_operation_and_operations_are_listed_in_pages()
    {
        var api = shared.Api;
        var collection = await api.NewCollectionAsync(2);
        var sent = await api.SendAsync(collection, "door", Embeddings.Item(1, new Embeddings(193).Person()));
        var request = new EraseFacesRequest { Parent = collection, Faces = { sent.Acknowledgements[0].Faces[0].Name }, RequestId = Guid.NewGuid().ToString() };
        var first = await api.Faces.EraseFacesAsync(request);
        Assert.Equal(first.Name, (await api.Faces.EraseFacesAsync(request)).Name);
        await WaitAsync(api, first);
        request.RequestId = Guid.NewGuid().ToString();
        var second = await WaitAsync(api, await api.Faces.EraseFacesAsync(request));
        Assert.Equal((1, 0), (second.ErasureReceipt.RequestedFaces, second.ErasureReceipt.ErasedFaces));

        var page = await api.Operations.ListOperationsAsync(new ListOperationsRequest { Parent = collection, PageSize = 1 });
        Assert.Equal(first.Name, Assert.Single(page.Operations).Name);
        page = await api.Operations.ListOperationsAsync(new ListOperationsRequest { Parent = collection, PageSize = 1, PageToken = page.NextPageToken });
        Assert.Equal(second, Assert.Single(page.Operations));
        page = await api.Operations.ListOperationsAsync(new ListOperationsRequest { Parent = collection, PageSize = 1, PageToken = page.NextPageToken });
        Assert.Empty(page.Operations);
        await api.Collections.DeleteCollectionAsync(new DeleteCollectionRequest { Name = collection, Force = true });
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.CollectionNotFound, () => api.Operations.GetOperationAsync(new GetOperationRequest { Name = first.Name }).ResponseAsync);
    }

    [Fact]
    public async Task Wrong_requests_are_refused_with_the_field()
    {
        var api = shared.Api;
        var collection = await api.NewCollectionAsync(1);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => api.Faces.EraseFacesAsync(new EraseFacesRequest { Parent = collection }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => api.Faces.EraseFacesAsync(
            new EraseFacesRequest { Parent = collection, Faces = { "collections/other/faces/00000000000000000000000000000001" } }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.IdentityNotFound, () => api.Identities.EraseIdentityAsync(
            new EraseIdentityRequest { Name = $"{collection}/identities/nobody" }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.NotFound, ErrorReason.OperationNotFound, () => api.Operations.GetOperationAsync(
            new GetOperationRequest { Name = $"{collection}/operations/00000000000000000000000000000001" }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () => api.Operations.WaitOperationAsync(
            new WaitOperationRequest { Name = $"{collection}/operations/00000000000000000000000000000001", Timeout = Duration.FromTimeSpan(TimeSpan.FromDays(2)) }).ResponseAsync);
    }

    [Fact]
    public async Task Receipt_names_the_shards_by_the_numbers_they_have_after_a_split()
    {
        await using var server = await TestServer.StartAsync();
        var collection = await server.Api.NewCollectionAsync(shards: 1);
        var people = new Embeddings(53);
        var sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(camera => server.Api.SendAsync(collection, $"camera {camera}", Embeddings.Item(1, people.Person()))));
        await new ClusterAdminService.ClusterAdminServiceClient(server.Api.Invoker).SplitShardAsync(new SplitShardRequest { Name = $"{collection}/shards/0" });

        var operation = await WaitAsync(server.Api, await server.Api.Faces.EraseFacesAsync(
            new EraseFacesRequest { Parent = collection, Faces = { sent[0].Acknowledgements[0].Faces[0].Name } }));

        Assert.Equal(["memory", "metadata", "shard 1", "shard 2"], operation.ErasureReceipt.Places.Select(place => place.Place).Order());
    }

    private static async Task<List<(string Name, float[] Values)>> SendAsync(ApiClient api, string collection, int seed)
    {
        var people = new Embeddings(seed);
        var persons = Enumerable.Range(0, 50).Select(_ => people.Person()).ToArray();
        var faces = new List<(string, float[])>();
        for (var at = 0; at < Faces; at += 25)
        {
            var values = Enumerable.Range(at, 25).Select(i => people.See(persons[i % 50], 0.6)).ToArray();
            var answer = await api.SendAsync(collection, $"camera {at % 8}", [.. values.Select((value, i) => Embeddings.Item(at + i, value))]);
            faces.AddRange(answer.Acknowledgements.Select(item => item.Faces[0].Name).Zip(values));
        }

        return faces;
    }

    private static BytePatterns Patterns(List<(string Name, float[] Values)> faces)
    {
        var patterns = new BytePatterns();
        faces.ForEach(face => patterns.Add(face.Name, face.Values));
        return patterns;
    }

    private static bool Contains(string folder, string text) =>
        BytePatterns.Files(folder).Any(file => file.Bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    private static async Task<Operation> WaitAsync(ApiClient api, Operation operation)
    {
        while (!operation.Done)
        {
            operation = await api.Operations.WaitOperationAsync(new WaitOperationRequest { Name = operation.Name });
        }

        return operation;
    }

    /// <summary>A revision that contains everything done so far in all shards: that of a face more, which is deleted again.</summary>
    private static async Task<string> RevisionAsync(ApiClient api, string collection)
    {
        var sent = await api.SendAsync(collection, "probe", Embeddings.Item(1, new Embeddings(1).Person()));
        return (await api.Faces.DeleteFaceAsync(new DeleteFaceRequest { Name = sent.Acknowledgements[0].Faces[0].Name })).Revision;
    }

    private static string Digest(IEnumerable<string> names) => Convert.ToHexStringLower(SHA256.HashData(
        [.. names.Select(name => Convert.FromHexString(name[^32..])).OrderBy(Convert.ToHexString, StringComparer.Ordinal).SelectMany(id => id)]));
}
