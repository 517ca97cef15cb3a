using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Splitting;

public sealed class ShardSplitTests
{
    [Fact]
    public async Task Split_by_hand_lists_the_halves_and_keeps_pages_revisions_and_clusters()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TestServer.StartAsync(folder.Path);
        var admin = new ClusterAdminService.ClusterAdminServiceClient(server.Api.Invoker);
        var collection = await server.Api.NewCollectionAsync(shards: 1);
        var (truth, revision) = await FillAsync(server.Api, collection, 11, cameras: 6, faces: 40);
        var first = await server.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 90 });
        var clusters = await server.Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, PageSize = 1000, MinRevision = revision });

        var halves = await admin.SplitShardAsync(new SplitShardRequest { Name = $"{collection}/shards/0" });

        Assert.Equal([$"{collection}/shards/1", $"{collection}/shards/2"], halves.Shards.Select(shard => shard.Name));
        Assert.Equal(240, halves.Shards.Sum(shard => shard.FaceCount));
        Assert.All(halves.Shards, shard => Assert.InRange(shard.FaceCount, 40, 200));
        Assert.Equal((0, halves.Shards[1].FirstSlot, 4096), (halves.Shards[0].FirstSlot, halves.Shards[0].EndSlot, halves.Shards[1].EndSlot));
        Assert.Equal(halves, await admin.SplitShardAsync(new SplitShardRequest { Name = $"{collection}/shards/0" }));
        Assert.Equal(2, (await admin.ListShardsAsync(new ListShardsRequest { Parent = collection })).Shards.Count);

        // A page token, a revision token and the clusters from before mean the same as then.
        var listed = first.Faces.ToList();
        for (var token = first.NextPageToken; token.Length > 0;)
        {
            var page = await server.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 90, PageToken = token });
            listed.AddRange(page.Faces);
            token = page.NextPageToken;
        }

        Assert.Equal(truth.Names.Order(), listed.Select(face => face.Name).Order());
        Assert.Equal(
            clusters.Clusters,
            (await server.Api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, PageSize = 1000, MinRevision = revision })).Clusters);
        await truth.MatchesAsync(server.Api, collection, revision);
    }

    [Fact]
    public async Task Shards_past_the_limit_split_by_themselves_and_a_restart_goes_on()
    {
        using var folder = new TemporaryFolder();
        Truth truth;
        string collection, revision;
        await using (var server = await TestServer.StartAsync(folder.Path))
        {
            collection = await server.Api.NewCollectionAsync(shards: 1, settings => settings.MaxFacesPerShard = 100);
            (truth, revision) = await FillAsync(server.Api, collection, 12, cameras: 12, faces: 40);
        }

        await using var again = await TestServer.StartAsync(folder.Path);
        var admin = new ClusterAdminService.ClusterAdminServiceClient(again.Api.Invoker);
        while ((await admin.ListShardsAsync(new ListShardsRequest { Parent = collection })).Shards is var shards && shards.Any(shard => shard.FaceCount > 120 || shard.Splitting))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await truth.MatchesAsync(again.Api, collection, revision);
        Assert.Equal(480, (await again.Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = collection })).FaceCount);

        // What splits left behind is gone from the disk, too.
        var live = (await admin.ListShardsAsync(new ListShardsRequest { Parent = collection })).Shards.Select(shard => int.Parse(shard.Name.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        string[] folders;
        do
        {
            folders = [.. Directory.EnumerateDirectories(Path.Combine(folder.Path, "shards"), "?????", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!)];
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        while (folders.Length > live.Length);

        Assert.Equal(live.Order(), folders.Select(name => int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)).Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(120)]
    [InlineData(350)]
    public async Task Killed_during_splits_and_ingest_every_acknowledged_face_is_there_once(int acknowledgedBeforeKill)
    {
        using var folder = new TemporaryFolder();
        var people = new Embeddings(13);
        var persons = Enumerable.Range(0, 10).Select(_ => people.Person()).ToArray();
        var cameras = Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, 160).Select(i => people.See(persons[i % 10], 0.6)).ToArray()).ToArray();
        string collection;
        var acknowledged = new HashSet<string>();
        await using (var victim = await ServerProcess.StartAsync(folder.Path))
        {
            // The limit is low, so that splits follow each other all the time.
            collection = await victim.Api.NewCollectionAsync(shards: 1, settings => settings.MaxFacesPerShard = 150);
            var sessions = cameras.Select((values, camera) => PumpAsync(victim.Api, camera, values)).ToArray();
            await WaitForAsync(() => { lock (acknowledged) { return acknowledged.Count >= 300 + acknowledgedBeforeKill; } });
            await victim.KillAsync();
            await Task.WhenAll(sessions);
        }

        await using var server = await ServerProcess.StartAsync(folder.Path);
        var kept = await ListAsync(server.Api, collection);
        Assert.Equal(kept.Count, kept.Distinct().Count());
        Assert.Subset(kept.ToHashSet(), acknowledged);
        var truth = new Truth();
        var revisions = new List<string>();
        for (var camera = 0; camera < cameras.Length; camera++)
        {
            using var session = new IngestSession(server.Api);
            foreach (var block in cameras[camera].Select((value, i) => Embeddings.Item(i, value)).Chunk(16))
            {
                await session.SendAsync(collection, $"camera {camera}", block);
            }

            await session.CompleteAsync();
            revisions.Add(session.Revision);
            foreach (var item in session.Acknowledgements)
            {
                Assert.Null(item.Error);
                truth.Add(item.Faces[0].Name, cameras[camera][(int)item.Sequence]);
            }
        }

        Assert.Equal(1280, truth.Count);
        Assert.Equal(truth.Names.Order(), (await ListAsync(server.Api, collection)).Order());
        await truth.MatchesAsync(server.Api, collection, string.Join(',', revisions));

        async Task PumpAsync(ApiClient api, int camera, float[][] values)
        {
            using var session = new IngestSession(api);
            try
            {
                for (var at = 0; at < values.Length; at += 16)
                {
                    await session.SendAsync(collection, $"camera {camera}", [.. Enumerable.Range(at, 16).Select(i => Embeddings.Item(i, values[i]))]);
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

    private static async Task<(Truth Truth, string Revision)> FillAsync(ApiClient api, string collection, int seed, int cameras, int faces)
    {
        var people = new Embeddings(seed);
        var persons = Enumerable.Range(0, 8).Select(_ => people.Person()).ToArray();
        var truth = new Truth();
        var revisions = new List<string>();
        for (var camera = 0; camera < cameras; camera++)
        {
            var values = Enumerable.Range(0, faces).Select(i => people.See(persons[i % 8])).ToArray();
            for (var at = 0; at < faces; at += 20)
            {
                var answer = await api.SendAsync(
                    collection, $"camera {camera}", [.. Enumerable.Range(at, Math.Min(20, faces - at)).Select(i => Embeddings.Item(i, values[i]))]);
                foreach (var item in answer.Acknowledgements)
                {
                    truth.Add(item.Faces[0].Name, values[(int)item.Sequence]);
                }

                revisions.Add(answer.Revision);
            }
        }

        return (truth, string.Join(',', revisions));
    }

    private static async Task<List<string>> ListAsync(ApiClient api, string collection)
    {
        var names = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, PageSize = 100, PageToken = token });
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
