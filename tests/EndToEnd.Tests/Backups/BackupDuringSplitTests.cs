using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;
using static FaceCluster.EndToEnd.Tests.Backups.BackupCalls;

namespace FaceCluster.EndToEnd.Tests.Backups;

public sealed class BackupDuringSplitTests
{
    private const int Cameras = 8;
    private const int FacesPerCamera = 300;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Shard_split_before_it_was_read_out_ends_the_call_by_name_and_a_repeat_holds_everything(int shard)
    {
        await using var server = await TestServer.StartAsync();
        var api = server.Api;
        var admin = new ClusterAdminService.ClusterAdminServiceClient(api.Invoker);
        var (collection, values) = await FillAsync(api);

        // More than the connection takes ahead of a reader that waits: neither shard has been read out.
        using (var call = api.Backups.ReadBackup(new ReadBackupRequest { Name = collection }))
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(2, call.ResponseStream.Current.Header.Positions.Count);
            await admin.SplitShardAsync(new SplitShardRequest { Name = $"{collection}/shards/{shard}" });
            await ExpectedError.FailsAsync(StatusCode.Aborted, ErrorReason.ShardsChanged, async () =>
            {
                while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
                {
                    Assert.Null(call.ResponseStream.Current.Trailer);
                }
            });
        }

        var parts = await ReadAsync(api, collection);
        Assert.Equal(3, parts[0].Header.Positions.Count);
        await HoldsAsync(api, collection, values, parts);
    }

    [Fact]
    public async Task Repeated_while_shards_split_and_cameras_send_it_holds_all_that_was_acknowledged_before_once()
    {
        await using var server = await TestServer.StartAsync();
        var api = server.Api;
        var admin = new ClusterAdminService.ClusterAdminServiceClient(api.Invoker);
        var (collection, values) = await FillAsync(api);
        var later = Enumerable.Range(FacesPerCamera, FacesPerCamera).ToArray();
        var people = new Embeddings(52);
        var more = later.ToDictionary(sequence => sequence, _ => people.Person());
        var sending = Task.WhenAll(Enumerable.Range(0, Cameras).Select(camera => SendAsync(api, collection, camera, later, sequence => more[sequence])));
        var splitting = SplitAllAsync();

        List<BackupPart>? parts = null;
        while (parts is null)
        {
            try
            {
                parts = await ReadAsync(api, collection);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Aborted)
            {
                // As the command does: from the beginning.
            }
        }

        await splitting;
        var acknowledged = new Dictionary<string, float[]>(values);
        foreach (var (name, value) in (await sending).SelectMany(sent => sent))
        {
            acknowledged.Add(name, value);
        }

        var held = Faces(parts).Select(id => $"{collection}/faces/{id}").ToList();
        Assert.Equal(held.Count, held.Distinct().Count());
        Assert.Subset(held.ToHashSet(), values.Keys.ToHashSet());
        Assert.Subset(acknowledged.Keys.ToHashSet(), held.ToHashSet());
        await HoldsAsync(api, collection, held.ToDictionary(name => name, name => acknowledged[name]), parts);

        async Task SplitAllAsync()
        {
            for (var shard = 0; shard < 4; shard++)
            {
                await admin.SplitShardAsync(new SplitShardRequest { Name = $"{collection}/shards/{shard}" });
            }
        }
    }

    /// <summary>Restored it has these faces, in the clusters that their batch has.</summary>
    private static async Task HoldsAsync(ApiClient api, string collection, Dictionary<string, float[]> values, List<BackupPart> parts)
    {
        Assert.Equal(values.Keys.Order(), Faces(parts).Select(id => $"{collection}/faces/{id}").Order());
        var restored = await RestoreAsync(api, NewId(), parts);
        var truth = new Truth();
        foreach (var (name, value) in values)
        {
            truth.Add(name, value);
        }

        await truth.MatchesAsync(api, restored.Collection.Name, restored.Revision);
    }

    private static async Task<(string Collection, Dictionary<string, float[]> Values)> FillAsync(ApiClient api)
    {
        var collection = await api.NewCollectionAsync(shards: 2);
        var people = new Embeddings(51);
        var persons = Enumerable.Range(0, 12).Select(_ => people.Person()).ToArray();
        var seen = Enumerable.Range(0, Cameras).Select(_ => Enumerable.Range(0, FacesPerCamera).Select(i => people.See(persons[i % 12], 0.6)).ToArray()).ToArray();
        var sent = await Task.WhenAll(Enumerable.Range(0, Cameras).Select(camera =>
            SendAsync(api, collection, camera, [.. Enumerable.Range(0, FacesPerCamera)], sequence => seen[camera][sequence])));
        return (collection, sent.SelectMany(part => part).ToDictionary());
    }

    private static async Task<Dictionary<string, float[]>> SendAsync(ApiClient api, string collection, int camera, int[] sequences, Func<int, float[]> value)
    {
        var values = new Dictionary<string, float[]>();
        foreach (var block in sequences.Chunk(30))
        {
            var answer = await api.SendAsync(collection, $"camera {camera}", [.. block.Select(sequence => Embeddings.Item(sequence, value(sequence)))]);
            foreach (var item in answer.Acknowledgements)
            {
                values.Add(item.Faces[0].Name, value((int)item.Sequence));
            }
        }

        return values;
    }
}
