using System.Diagnostics;
using System.Globalization;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.Testing;
using FaceCluster.V1;

namespace FaceCluster.Robustness.Measure;

/// <summary>What callers notice of the split of a shard of 100,000 faces: one silo on PostgreSQL, one camera, one searcher.</summary>
public static class Splitting
{
    private const int Faces = 100_000;
    private const int BlockSize = 32;

    /// <summary>Measures and prints a line each.</summary>
    public static async Task RunAsync(Action<string> print, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(print);
        await using var cluster = await ClusterUnderTest.TryStartAsync(
            new ClusterShape { Silos = 1, Gateways = 0, CoHostedGateways = true }, cancellationToken)
            ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        using var channels = new Channels(cluster.Addresses);
        var collection = (await new CollectionService.CollectionServiceClient(channels.First).CreateCollectionAsync(
            new CreateCollectionRequest
            {
                CollectionId = "split",
                Collection = new Collection
                {
                    // Linking 100,000 faces takes minutes and is not what is measured.
                    Settings = new CollectionSettings { ModelId = ClusterUnderTest.ModelId, ShardCount = 1, Clustering = new ClusteringSettings { Disabled = true } },
                },
            },
            cancellationToken: cancellationToken)).Name;
        var ingest = new IngestService.IngestServiceClient(channels.First);
        var search = new FaceService.FaceServiceClient(channels.First);
        var people = new People(1, 1000);
        await Parallel.ForAsync(0, 16, cancellationToken, async (camera, token) =>
        {
            var random = new Random(camera);
            for (var at = 0; at < Faces / 16; at += BlockSize)
            {
                await ingest.BatchCreateFacesAsync(Block(collection, $"camera-{camera}", at, BlockSize, people, random), cancellationToken: token);
            }
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = LongestAsync(
            async n => await ingest.BatchCreateFacesAsync(Block(collection, "camera-0", 1_000_000 + n, 1, people, new Random(n))), stop.Token);
        var query = People.Item(0, people.See(new Random(2)), new Random(2)).Embedding;
        var searching = LongestAsync(
            async _ => await search.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Embedding = query } }), stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var halves = await new ClusterAdminService.ClusterAdminServiceClient(channels.First).SplitShardAsync(
            new SplitShardRequest { Name = $"{collection}/shards/0" }, cancellationToken: cancellationToken);
        var split = Stopwatch.GetElapsedTime(started);
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        await stop.CancelAsync();
        print(Line("split, both halves open after", split.TotalSeconds));
        print(Line("longest write meanwhile", (await writing).TotalSeconds));
        print(Line("longest search meanwhile", (await searching).TotalSeconds));
        foreach (var half in halves.Shards)
        {
            print(string.Create(CultureInfo.InvariantCulture, $"{half.Name}: {half.FaceCount:#,0} faces, {half.MemoryBytes / 1e6:0} MB"));
        }
    }

    private static string Line(string what, double seconds) => string.Create(CultureInfo.InvariantCulture, $"{what,-32} {seconds,6:0.00} s");

    private static async Task<TimeSpan> LongestAsync(Func<int, Task> call, CancellationToken stop)
    {
        var longest = TimeSpan.Zero;
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var started = Stopwatch.GetTimestamp();
            await call(n);
            var took = Stopwatch.GetElapsedTime(started);
            longest = took > longest ? took : longest;
        }

        return longest;
    }

    private static BatchCreateFacesRequest Block(string collection, string camera, long first, int count, People people, Random random) => new()
    {
        Parent = collection,
        Camera = camera,
        Items = { Enumerable.Range(0, count).Select(i => People.Item(first + i, people.See(random), random)) },
    };
}
