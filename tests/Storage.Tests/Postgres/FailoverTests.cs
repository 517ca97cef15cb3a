using System.Globalization;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Shards;
using FaceCluster.Storage.Tests.Shards;
using FaceCluster.Testing;

namespace FaceCluster.Storage.Tests.Postgres;

/// <summary>A primary that dies while it is written to, and its standby takes over.</summary>
public sealed class FailoverTests
{
    private const int Writers = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writers_go_on_at_the_standby_and_every_acknowledged_record_is_there_once()
    {
        await using var primary = await PostgresServer.TryStartAsync();
        Assert.SkipWhen(primary is null, PostgresServer.SkipReason);
        await using var standby = await primary.StartStandbyAsync();
        var options = new PostgresStorageOptions
        {
            ConnectionString = string.Create(
                CultureInfo.InvariantCulture, $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username=postgres;Database=postgres"),
            Schema = "failover",
            MaxConnections = 8,
        };
        await using var database = await PostgresDatabase.OpenAsync(options, Token);
        await using var factory = new PostgresShardStoreFactory(database);
        var key = new ShardName("faces", 0);
        var acknowledged = new int[Writers];
        var store = await factory.OpenAsync(key, Samples.Dimension, new RecordedShard(), Token);
        await using (store)
        {
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, Writers).Select(writer => WriteAsync(store, writer, acknowledged, stop.Token)).ToArray();
            await ProgressAsync(acknowledged, writers);
            await primary.StopAsync(crash: true);
            await standby.PromoteAsync();
            await ProgressAsync(acknowledged, writers);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        var state = new RecordedShard();
        await using var again = await factory.OpenAsync(key, Samples.Dimension, state, Token);
        Assert.Equal(acknowledged.Sum(), state.Order.Count);
        for (var writer = 0; writer < Writers; writer++)
        {
            Assert.Equal(Enumerable.Range(0, acknowledged[writer]).Select(static n => (long)n), state.Order.Where(item => item.Camera == $"{writer}").Select(static item => item.Sequence));
        }
    }

    private static async Task WriteAsync(IShardStore store, int writer, int[] acknowledged, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            await store.AppendAsync(Samples.Block($"{writer}", n));
            Volatile.Write(ref acknowledged[writer], n + 1);
        }
    }

    /// <summary>Waits until every writer has had twenty more records acknowledged.</summary>
    private static async Task ProgressAsync(int[] acknowledged, Task[] writers)
    {
        var goal = Array.ConvertAll(acknowledged, static now => now + 20);
        while (Enumerable.Range(0, Writers).Any(writer => Volatile.Read(ref acknowledged[writer]) < goal[writer]))
        {
            await Task.WhenAll(writers.Where(static writer => writer.IsFaulted));
            await Task.Delay(10, Token);
        }
    }
}
