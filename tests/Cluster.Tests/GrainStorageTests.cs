using FaceCluster.Membership;
using FaceCluster.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace FaceCluster.Cluster.Tests;

/// <summary>A grain that has a state.</summary>
[Alias("fc.test.INotingGrain")]
public interface INotingGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>Keeps a text.</summary>
    [Alias("Write")]
    Task Write(string text);

    /// <summary>The text, or null.</summary>
    [Alias("Read")]
    Task<string?> Read();

    /// <summary>Forgets the text.</summary>
    [Alias("Clear")]
    Task Clear();
}

/// <summary>What the grain keeps.</summary>
[GenerateSerializer]
[Alias("fc.test.Note")]
public sealed class Note
{
    /// <summary>The text.</summary>
    [Id(0)]
    public string? Text { get; set; }
}

internal sealed class NotingGrain([PersistentState("note")] IPersistentState<Note> note) : Grain, INotingGrain
{
    public async Task Write(string text)
    {
        note.State.Text = text;
        await note.WriteStateAsync();
    }

    public Task<string?> Read() => Task.FromResult(note.State.Text);

    public async Task Clear() => await note.ClearStateAsync();
}

/// <summary>Orleans' grain storage works on our table in PostgreSQL.</summary>
public sealed class GrainStorageTests
{
    private const string States = "facecluster_orleans.grain_states";

    [Fact]
    public async Task State_outlives_its_silo_refuses_a_second_writer_and_goes_when_cleared()
    {
        await using var server = await PostgresServer.TryStartAsync();
        Assert.SkipWhen(server is null, PostgresServer.SkipReason);
        var options = new MembershipOptions { Kind = MembershipKind.Postgres, ConnectionString = server.ConnectionString };
        await options.PrepareAsync(TestContext.Current.CancellationToken);
        using (var first = await LoneSilo.StartAsync(options))
        {
            await Grain(first, "left").Write("one");
            await Grain(first, "left").Write("two");
            await Grain(first, "right").Write("other");
            await first.StopAsync(TestContext.Current.CancellationToken);
        }

        using var second = await LoneSilo.StartAsync(options);
        Assert.Equal("two", await Grain(second, "left").Read());
        Assert.Equal("other", await Grain(second, "right").Read());
        Assert.Equal("2", await server.SqlAsync($"SELECT version FROM {States} WHERE key_text = 'left'"));

        // Somebody else has written in the meantime: the grain's write is refused, and it reads again.
        await server.SqlAsync($"UPDATE {States} SET version = 3 WHERE key_text = 'left'");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Grain(second, "left").Write("lost"));
        Assert.Equal("two", await Grain(second, "left").Read());
        await Grain(second, "left").Write("four");
        Assert.Equal("4", await server.SqlAsync($"SELECT version FROM {States} WHERE key_text = 'left'"));

        await Grain(second, "left").Clear();
        Assert.Null(await Grain(second, "left").Read());
        Assert.Equal("right", await server.SqlAsync($"SELECT key_text FROM {States}"));
        await Grain(second, "left").Write("again");
        Assert.Equal("1", await server.SqlAsync($"SELECT version FROM {States} WHERE key_text = 'left'"));
        await second.StopAsync(TestContext.Current.CancellationToken);
    }

    private static INotingGrain Grain(IHost host, string name) =>
        host.Services.GetRequiredService<IGrainFactory>().GetGrain<INotingGrain>(7, name, null);
}
