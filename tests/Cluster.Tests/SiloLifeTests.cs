using FaceCluster.Robustness;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Cluster.Tests;

/// <summary>Silos come and go under load.</summary>
public sealed class SiloLifeTests
{
    [Fact]
    public async Task Graceful_stop_of_a_silo_fails_no_call()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 3, Gateways = 1 });
        cluster.StartLoad();
        await cluster.ProgressAsync(100);

        Assert.Equal(0, await cluster.Cluster.Silos[1].StopAsync(TestContext.Current.CancellationToken));
        await cluster.ProgressAsync(200);

        Assert.Empty(cluster.History.Failures);
        var places = await cluster.PlacesAsync();
        Assert.DoesNotContain("silo-b", places.Keys);
        Assert.Equal(6, places.Values.Sum());
        await cluster.CheckAsync();
        Assert.Empty(cluster.History.Failures);
    }

    [Fact]
    public async Task Killed_silo_heals_without_help_and_nothing_is_lost()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 3, Gateways = 1 });
        cluster.StartLoad();
        await cluster.ProgressAsync(100);

        await cluster.Cluster.Silos[2].KillAsync();

        // Every camera goes on, those of the dead silo's shards too.
        await cluster.ProgressAsync(600);
        await cluster.CheckAsync();
        Assert.Equal(6, (await cluster.PlacesAsync()).Values.Sum());
    }

    [Fact]
    public async Task Silo_that_was_held_up_and_given_up_writes_and_answers_nothing_any_more()
    {
        // Both silos serve gRPC, so that the one held up can be asked directly when it goes on.
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 3, Gateways = 0, CoHostedGateways = true });
        cluster.StartLoad();
        await cluster.ProgressAsync(100);
        var epochs = await EpochsAsync(cluster);

        await cluster.Cluster.Silos[2].HoldAsync(hold: true);
        await cluster.PlacedAsync(places => !places.ContainsKey("silo-c") && places.Values.Sum() == 6);
        await cluster.Cluster.Silos[2].HoldAsync(hold: false);
        await cluster.ProgressAsync(300);

        var after = await EpochsAsync(cluster);
        Assert.All(epochs, shard => Assert.True(after[shard.Key] >= shard.Value));
        Assert.Contains(epochs, shard => after[shard.Key] > shard.Value);
        await cluster.Cluster.Silos[2].KillAsync();
        await cluster.CheckAsync();
    }

    [Fact]
    public async Task New_silo_takes_its_share_and_an_operator_moves_a_shard_while_callers_wait()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 1 });
        Assert.Equal([3, 3], (await cluster.PlacesAsync()).Values);
        cluster.StartLoad();
        await cluster.ProgressAsync(50);

        await cluster.Cluster.AddSilo().StartAsync(TestContext.Current.CancellationToken);
        var places = await cluster.PlacedAsync(places => places.Count == 3 && places.Values.All(count => count == 2));
        Assert.Equal(["silo-a", "silo-b", "silo-c"], places.Keys.Order());

        for (var shard = 0; shard < 6; shard++)
        {
            var moved = await cluster.Admin.MoveShardAsync(
                new MoveShardRequest { Name = $"{cluster.Collection}/shards/{shard}", Silo = "silo-b" },
                deadline: DateTime.UtcNow.AddSeconds(60),
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal("silo-b", moved.Silo);
        }

        await cluster.ProgressAsync(50);
        Assert.Equal(6, (await cluster.PlacesAsync())["silo-b"]);
        await cluster.CheckAsync();
        Assert.Empty(cluster.History.Failures);
    }

    [Fact]
    public async Task Shard_larger_than_a_message_between_silos_moves_without_losing_a_face()
    {
        // Orleans would carry state of up to 100 MB with a migration and lose what is more; a shard reads its store instead.
        const int Blocks = 1700;
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 1 }, shards: 1);
        using var channels = new Channels(cluster.Cluster.Addresses);
        var collections = new CollectionService.CollectionServiceClient(channels.First);
        var collection = await collections.CreateCollectionAsync(
            new CreateCollectionRequest
            {
                CollectionId = "large",
                Collection = new Collection
                {
                    Settings = new CollectionSettings { ModelId = ClusterUnderTest.ModelId, ShardCount = 1, Clustering = new ClusteringSettings { Disabled = true } },
                },
            },
            cancellationToken: TestContext.Current.CancellationToken);
        var ingest = new IngestService.IngestServiceClient(channels.First);
        var random = new Random(1);
        var values = new People(1, 1).See(random);
        await Parallel.ForAsync(0, Blocks, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (block, token) =>
        {
            var request = new BatchCreateFacesRequest { Parent = collection.Name, Camera = $"camera-{block % 8}" };
            request.Items.AddRange(Enumerable.Range(0, 32).Select(i => People.Item((block * 32) + i, values, Random.Shared)));
            var answer = await ingest.BatchCreateFacesAsync(request, cancellationToken: token);
            Assert.All(answer.Acknowledgements, acknowledgement => Assert.Null(acknowledgement.Error));
        });

        var place = Assert.Single((await ShardsAsync()).Shards);
        Assert.InRange(place.FaceCount * People.Dimension * sizeof(float), 105_000_000, long.MaxValue);
        using var reading = new BackupService.BackupServiceClient(channels.First).ReadBackup(
            new ReadBackupRequest { Name = collection.Name }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await reading.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var moved = await cluster.Admin.MoveShardAsync(
            new MoveShardRequest { Name = place.Name, Silo = place.Silo == "silo-a" ? "silo-b" : "silo-a" },
            deadline: DateTime.UtcNow.AddSeconds(60),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(place.Silo, moved.Silo);
        Assert.Equal(Blocks * 32, Assert.Single((await ShardsAsync()).Shards).FaceCount);

        // A backup that was being read, and has not come to its end by far, asks for a repeat.
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await reading.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
            }
        });
        Assert.Equal(StatusCode.Aborted, failure.StatusCode);

        async Task<ListShardsResponse> ShardsAsync() => await cluster.Admin.ListShardsAsync(
            new ListShardsRequest { Parent = collection.Name }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Silos_find_each_other_in_redis()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 1, Redis = true });
        Assert.Equal([3, 3], (await cluster.PlacesAsync()).Values);
        cluster.StartLoad();
        await cluster.ProgressAsync(100);
        await cluster.CheckAsync();
    }

    private static async Task<Dictionary<string, long>> EpochsAsync(LoadedCluster cluster)
    {
        var answer = await cluster.Admin.ListShardsAsync(
            new ListShardsRequest { Parent = cluster.Collection }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
        return answer.Shards.ToDictionary(shard => shard.Name, shard => shard.Epoch);
    }
}
