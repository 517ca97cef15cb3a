using System.Globalization;
using System.Text.Json;
using FaceCluster.Storage;
using FaceCluster.Storage.Log;

namespace FaceCluster.Bench.Storage;

/// <summary>
/// Durable embeddings a second in blocks of 32, 8 blocks in flight per shard, for the log store, for SQLite, and for the
/// disk alone with the same bytes per flush, all in one run and one folder; then recovery and compaction.
/// Bar: 60,000 embeddings a second.
/// </summary>
internal static class StorageScenario
{
    private const int InFlight = 8;
    private const double Bar = 60_000;

    /// <summary>Rounds in which the three take turns, so that noise of the machine meets all of them; medians are shown.</summary>
    private const int Rounds = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.2);

    public static async Task<int> RunAsync(string[] args)
    {
        var json = args.Contains("--json");
        var parent = args.FirstOrDefault(arg => !arg.StartsWith('-')) ?? Path.GetTempPath();
        var folder = Path.Combine(parent, $"facecluster-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        var figures = new Dictionary<string, double>();
        void Report(string name, double value)
        {
            figures[name] = value;
            if (!json)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"storage: {name,-34} {value:#,0.###}"));
            }
        }

        try
        {
            // The first run pays for compilation and is not shown.
            await LogAsync(folder, 1, TimeSpan.FromSeconds(1));
            foreach (var shards in new[] { 1, 4, 16 })
            {
                await CompareAsync(folder, shards, Report);
            }

            await RecoveryMeasurement.RunAsync(Path.Combine(folder, "recovery"), Report);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var met = figures["log_4_per_s"] >= Bar;
        Console.WriteLine(json ? JsonSerializer.Serialize(figures) : $"storage: bar {(met ? "met" : "MISSED")}");
        return met ? 0 : 1;
    }

    private static async Task CompareAsync(string folder, int shards, Action<string, double> report)
    {
        var disk = new List<double>();
        var log = new List<LoadResult>();
        var sqlite = new List<LoadResult>();
        for (var round = 0; round < Rounds; round++)
        {
            disk.Add(await RawDisk.RunAsync(Path.Combine(folder, "raw"), shards, InFlight, Duration));
            log.Add(await LogAsync(folder, shards, Duration));
            sqlite.Add(await SqliteAsync(folder, shards, Duration));
        }

        report($"disk_{shards}_per_s", Median(disk));
        Report($"log_{shards}", log, report);
        Report($"sqlite_{shards}", sqlite, report);
        report($"log_{shards}_to_disk", Median(log.Zip(disk, (ours, theirs) => ours.EmbeddingsPerSecond / theirs)));
        report($"log_{shards}_to_sqlite", Median(log.Zip(sqlite, (ours, theirs) => ours.EmbeddingsPerSecond / theirs.EmbeddingsPerSecond)));
    }

    private static void Report(string name, List<LoadResult> rounds, Action<string, double> report)
    {
        report($"{name}_per_s", Median(rounds.Select(round => round.EmbeddingsPerSecond)));
        report($"{name}_p50_ms", Median(rounds.Select(round => round.P50Ms)));
        report($"{name}_p99_ms", Median(rounds.Select(round => round.P99Ms)));
        report($"{name}_cpu_us", Median(rounds.Select(round => round.CpuMicros)));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static async Task<LoadResult> LogAsync(string folder, int shards, TimeSpan duration)
    {
        var root = Path.Combine(folder, "log");
        try
        {
            await using var factory = new LogShardStoreFactory(root);
            var appends = new List<Func<ItemBlock, ValueTask>>();
            for (var i = 0; i < shards; i++)
            {
                var store = await factory.OpenAsync(new ShardName("bench", i), StorageLoad.Dimension, new Ignoring());
                appends.Add(async block => await store.AppendAsync(block));
            }

            return await StorageLoad.RunAsync(appends, InFlight, duration);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<LoadResult> SqliteAsync(string folder, int shards, TimeSpan duration)
    {
        var root = Path.Combine(folder, "sqlite");
        Directory.CreateDirectory(root);
        var stores = Enumerable.Range(0, shards).Select(i => new SqliteBlockStore(Path.Combine(root, $"{i}.db"))).ToArray();
        try
        {
            return await StorageLoad.RunAsync([.. stores.Select(store => (Func<ItemBlock, ValueTask>)store.AppendAsync)], InFlight, duration);
        }
        finally
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync();
            }

            Directory.Delete(root, recursive: true);
        }
    }

    private sealed class Ignoring : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block)
        {
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }
    }
}
