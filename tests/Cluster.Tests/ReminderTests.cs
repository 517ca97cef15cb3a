using FaceCluster.Membership;
using FaceCluster.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FaceCluster.Cluster.Tests;

/// <summary>A grain that wants to be reminded.</summary>
[Alias("fc.test.IRemindedGrain")]
public interface IRemindedGrain : IGrainWithStringKey
{
    /// <summary>Asks to be reminded at once and then every hour.</summary>
    [Alias("Start")]
    Task Start();

    /// <summary>How often it was reminded in this life.</summary>
    [Alias("Count")]
    Task<int> Count();

    /// <summary>Whether the reminder is stored.</summary>
    [Alias("Stored")]
    Task<bool> Stored();

    /// <summary>Asks not to be reminded any more.</summary>
    [Alias("Stop")]
    Task Stop();
}

internal sealed class RemindedGrain : Grain, IRemindedGrain, IRemindable
{
    private int _count;

    public async Task Start() => await this.RegisterOrUpdateReminder("test", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));

    public Task<int> Count() => Task.FromResult(_count);

    public async Task<bool> Stored() => await this.GetReminder("test") is not null;

    public async Task Stop() => await this.UnregisterReminder((await this.GetReminder("test"))!);

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _count++;
        return Task.CompletedTask;
    }
}

/// <summary>Orleans' reminders work on our tables in PostgreSQL.</summary>
public sealed class ReminderTests
{
    [Fact]
    public async Task Reminder_comes_outlives_its_silo_and_goes_when_told()
    {
        await using var server = await PostgresServer.TryStartAsync();
        Assert.SkipWhen(server is null, PostgresServer.SkipReason);
        var options = new MembershipOptions { Kind = MembershipKind.Postgres, ConnectionString = server.ConnectionString };
        await options.PrepareAsync(TestContext.Current.CancellationToken);
        using (var first = await LoneSilo.StartAsync(options))
        {
            var grain = Grain(first);
            await grain.Start();
            while (await grain.Count() == 0)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            await first.StopAsync(TestContext.Current.CancellationToken);
        }

        using var second = await LoneSilo.StartAsync(options);
        Assert.True(await Grain(second).Stored());
        await Grain(second).Stop();
        Assert.False(await Grain(second).Stored());
        Assert.Equal("0", await server.SqlAsync("SELECT count(*) FROM facecluster_orleans.reminders"));
        await second.StopAsync(TestContext.Current.CancellationToken);
    }

    private static IRemindedGrain Grain(IHost host) => host.Services.GetRequiredService<IGrainFactory>().GetGrain<IRemindedGrain>("one");
}
