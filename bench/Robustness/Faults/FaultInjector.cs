using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;

namespace FaceCluster.Robustness.Faults;

/// <summary>Injects faults at random times from a seed, one after the other, each healed before the next.</summary>
public sealed class FaultInjector(ClusterUnderTest cluster, ShardSplits splits, History history, int seed)
{
    /// <summary>All kinds.</summary>
    public static readonly IReadOnlyList<string> Kinds =
    [
        "kill-silo", "hold-silo-20s", "database-restart", "database-crash", "database-refuses-writes", "slow-disk", "connection-reset",
        "link-reset", "kill-gateway", "rolling-restart", "split-shard", "kill-during-split",
    ];

    private readonly Random _random = new(seed);

    /// <summary>
    /// Goes through the kinds in random order, again and again, until told to stop. Duplicate deliveries and wrong clocks are
    /// the cameras' and happen all the time.
    /// </summary>
    /// <param name="kinds">The kinds to use.</param>
    /// <param name="pause">Mean pause between the end of a fault and the next.</param>
    /// <param name="say">Told what happens.</param>
    /// <param name="stop">No new fault after this; the one under way is healed.</param>
    public async Task RunAsync(IReadOnlyList<string> kinds, TimeSpan pause, Action<string> say, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        ArgumentNullException.ThrowIfNull(say);
        if (kinds.Contains("link-reset") && !await LinkReset.WorksAsync())
        {
            say("link-reset is left out: ending connections from outside needs root and ss");
            kinds = [.. kinds.Where(kind => kind != "link-reset")];
        }

        while (!stop.IsCancellationRequested)
        {
            var round = kinds.ToArray();
            _random.Shuffle(round);
            foreach (var kind in round)
            {
                try
                {
                    await Task.Delay(pause * (0.5 + _random.NextDouble()), stop);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                say(kind);
                history.Fault(kind);
                await InjectAsync(kind);
            }
        }
    }

    private async Task InjectAsync(string kind)
    {
        var silo = cluster.Silos[_random.Next(cluster.Silos.Count)];
        switch (kind)
        {
            case "kill-silo":
                await silo.KillAsync();
                await Task.Delay(_random.Next(500, 8000));
                await silo.StartAsync();
                break;
            case "hold-silo-20s":
                await silo.HoldAsync(hold: true);
                await Task.Delay(TimeSpan.FromSeconds(20));
                await silo.HoldAsync(hold: false);
                await ReviveAsync(silo);
                break;
            case "database-restart":
                await cluster.Database.StopAsync();
                await Task.Delay(_random.Next(200, 3000));
                await cluster.Database.StartAsync();
                break;
            case "database-crash":
                await cluster.Database.StopAsync(crash: true);
                await cluster.Database.StartAsync();
                break;
            case "database-refuses-writes":
                await SetAsync("default_transaction_read_only", "on");
                await Task.Delay(_random.Next(2000, 8000));
                await ResetAsync("default_transaction_read_only");
                break;
            case "slow-disk":
                // Every commit waits a tenth of a second more for the disk.
                await SetAsync("commit_siblings", "0");
                await SetAsync("commit_delay", "100000");
                await Task.Delay(_random.Next(4000, 10_000));
                await ResetAsync("commit_delay");
                break;
            case "connection-reset":
                for (var i = 0; i < 10; i++)
                {
                    await cluster.Database.SqlAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
                    await Task.Delay(_random.Next(50, 300));
                }

                break;
            case "link-reset":
                for (var i = 0; i < 10; i++)
                {
                    await LinkReset.KillAsync(cluster.Ports[_random.Next(cluster.Ports.Count)]);
                    await Task.Delay(_random.Next(50, 300));
                }

                break;
            case "kill-gateway":
                var gateway = cluster.Gateways[_random.Next(cluster.Gateways.Count)];
                await gateway.KillAsync();
                await Task.Delay(_random.Next(500, 3000));
                await gateway.StartAsync();
                break;
            case "rolling-restart":
                foreach (var process in cluster.Silos.Concat(cluster.Gateways))
                {
                    await process.StopAsync();
                    await process.StartAsync();
                }

                break;
            case "split-shard":
                await (await splits.BeginAsync()).Done;
                break;
            case "kill-during-split":
                var (carrier, split) = await splits.BeginAsync();
                await Task.Delay(_random.Next(0, 400));
                var victim = cluster.Silos.FirstOrDefault(one => one.Name == carrier) ?? silo;
                await victim.KillAsync();
                await Task.Delay(_random.Next(500, 4000));
                await victim.StartAsync();
                await split;
                break;
            default:
                throw new ArgumentException($"There is no fault '{kind}'; known are {string.Join(", ", Kinds)}.", nameof(kind));
        }
    }

    /// <summary>A silo that was declared dead meanwhile ends itself, as it must; its operator starts it again.</summary>
    private static async Task ReviveAsync(ChildProcess silo)
    {
        for (var attempt = 1; ; attempt++)
        {
            for (var i = 0; i < 50 && silo.Running; i++)
            {
                await Task.Delay(100);
            }

            try
            {
                await silo.StartAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // It learned of its end only now.
            }
        }
    }

    private async Task SetAsync(string setting, string value)
    {
        await cluster.Database.SqlAsync($"ALTER SYSTEM SET {setting} = {value}");
        await cluster.Database.SqlAsync("SELECT pg_reload_conf()");
    }

    private async Task ResetAsync(string setting)
    {
        await cluster.Database.SqlAsync($"ALTER SYSTEM RESET {setting}");
        await cluster.Database.SqlAsync("SELECT pg_reload_conf()");
    }
}
