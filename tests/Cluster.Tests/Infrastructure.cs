using FaceCluster.Robustness;
using FaceCluster.Robustness.Checks;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.Testing;
using FaceCluster.V1;

namespace FaceCluster.Cluster.Tests;

/// <summary>A cluster of real processes under load.</summary>
internal sealed class LoadedCluster : IAsyncDisposable
{
    private readonly Channels _channels;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _load = [];

    private LoadedCluster(ClusterUnderTest cluster, string collection)
    {
        (Cluster, Collection) = (cluster, collection);
        _channels = new Channels(cluster.Addresses);
        Admin = new ClusterAdminService.ClusterAdminServiceClient(_channels.First);
    }

    public ClusterUnderTest Cluster { get; }

    public string Collection { get; }

    public History History { get; } = new();

    public ClusterAdminService.ClusterAdminServiceClient Admin { get; }

    /// <summary>Starts a cluster with a collection; skips the test where the servers cannot be had.</summary>
    public static async Task<LoadedCluster> StartAsync(ClusterShape shape, int shards = 6)
    {
        var cluster = await ClusterUnderTest.TryStartAsync(shape, TestContext.Current.CancellationToken);
        Assert.SkipWhen(cluster is null, shape.Redis ? RedisServer.SkipReason : PostgresServer.SkipReason);
        using var channels = new Channels(cluster!.Addresses);
        return new LoadedCluster(cluster, await RobustnessRun.CreateCollectionAsync(channels.First, shards, TestContext.Current.CancellationToken));
    }

    /// <summary>Has cameras send from now on.</summary>
    public void StartLoad(int cameras = 6, int blockSize = 2)
    {
        var people = new People(7, 40);
        IngestService.IngestServiceClient[] gateways = [.. _channels.All.Select(invoker => new IngestService.IngestServiceClient(invoker))];
        for (var i = 0; i < cameras; i++)
        {
            var camera = new CameraLoad($"camera-{i}", Collection, gateways, people, History, i) { BlockSize = blockSize, GivesUp = false, Pause = TimeSpan.FromMilliseconds(150) };
            _load.Add(camera.RunAsync(_stop.Token));
        }
    }

    /// <summary>Waits until so many more faces are acknowledged.</summary>
    public async Task ProgressAsync(int faces)
    {
        var goal = History.Acknowledged + faces;
        while (History.Acknowledged < goal)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Stops the load and compares everything with the batch clustering of what was acknowledged.</summary>
    public async Task<CheckResult> CheckAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_load);
        var result = await new FinalCheck(Collection, _channels.First, History).RunAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(History.Acknowledged, result.Stored);
        Assert.Equal((0, 0, 0, 0), (result.Lost, result.Doubled, result.HalfWritten, result.Mislabelled));
        Assert.Equal(0, History.Hung);
        return result;
    }

    /// <summary>The shards that each silo carries, by name; fails while one does not answer.</summary>
    public async Task<Dictionary<string, int>> PlacesAsync()
    {
        var answer = await Admin.ListShardsAsync(
            new ListShardsRequest { Parent = Collection }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
        return answer.Shards.GroupBy(shard => shard.Silo).ToDictionary(group => group.Key, group => group.Count());
    }

    /// <summary>Waits until the shards lie as wanted.</summary>
    public async Task<Dictionary<string, int>> PlacedAsync(Func<Dictionary<string, int>, bool> wanted)
    {
        while (true)
        {
            var places = await PlacesAsync();
            if (wanted(places))
            {
                return places;
            }

            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_load);
        _channels.Dispose();
        _stop.Dispose();
        await Cluster.DisposeAsync();
    }
}
