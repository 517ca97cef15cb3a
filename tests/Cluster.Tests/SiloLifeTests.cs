using FaceCluster.Robustness.Processes;
using FaceCluster.V1;

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
