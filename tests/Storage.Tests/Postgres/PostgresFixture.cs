using FaceCluster.Storage.Postgres;
using FaceCluster.Testing;

namespace FaceCluster.Storage.Tests.Postgres;

/// <summary>One PostgreSQL server for all tests of the assembly; each test uses a schema of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private int _schemas;

    /// <summary>The server; null where the machine has none.</summary>
    public PostgresServer? Server { get; private set; }

    public async ValueTask InitializeAsync() => Server = await PostgresServer.TryStartAsync();

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }

    /// <summary>Ends the connections of one schema's users that are at work, again and again until the task is cancelled.</summary>
    public async Task CutAsync(string schema, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            await Server!.SqlAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{schema}' AND state <> 'idle'");
        }
    }

    /// <summary>Options with a schema that no other test uses; skips the test where there is no server.</summary>
    public PostgresStorageOptions NewSchema()
    {
        Assert.SkipWhen(Server is null, PostgresServer.SkipReason);
        var schema = $"t{Interlocked.Increment(ref _schemas)}";
        return new PostgresStorageOptions
        {
            ConnectionString = $"{Server!.ConnectionString};Application Name={schema}",
            Schema = schema,
            MaxConnections = 8,
        };
    }
}
