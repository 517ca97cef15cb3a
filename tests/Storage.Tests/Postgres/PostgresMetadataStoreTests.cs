using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Postgres;
using FaceCluster.Storage.Postgres.Metadata;
using FaceCluster.Storage.Postgres.Schema;
using FaceCluster.Storage.Tests.Metadata;

namespace FaceCluster.Storage.Tests.Postgres;

public sealed class PostgresMetadataStoreTests(PostgresFixture postgres) : MetadataStoreContract, IAsyncDisposable
{
    private readonly List<PostgresDatabase> _databases = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Writes_happen_once_while_connections_are_cut()
    {
        await using var store = await OpenAsync();
        using var done = new CancellationTokenSource();
        var cutting = Task.Run(() => postgres.CutAsync(_databases[0].Schema, done.Token), Token);

        for (var i = 1; i <= 150; i++)
        {
            Assert.Equal(i, await store.Values.PutAsync("n", new byte[] { 1 }, null, Token));
        }

        await done.CancelAsync();
        await cutting;
        Assert.Equal(150, (await store.Values.FindAsync("n", Token))!.Value.Version);
    }

    [Fact]
    public async Task Several_processes_migrate_at_once_and_each_step_runs_once()
    {
        var options = postgres.NewSchema();
        _databases.AddRange(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PostgresDatabase.OpenAsync(options, Token))));
        string[] steps = [.. PostgresSchema.Steps, "CREATE TABLE later (x integer); INSERT INTO later VALUES (1);", "ALTER TABLE later ADD y integer;"];

        _databases.AddRange(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PostgresDatabase.OpenAsync(options, steps, Token))));

        await using var connection = await _databases[0].ConnectAsync(Token);
        Assert.Equal([1], await connection.QueryAsync(row => row.GetInt32(0), "SELECT x FROM later", [], Token));
        Assert.Equal(
            Enumerable.Range(1, steps.Length),
            await connection.QueryAsync(row => row.GetInt32(0), "SELECT version FROM schema_versions ORDER BY version", [], Token));
    }

    [Fact]
    public async Task Rows_of_the_first_version_survive_later_steps()
    {
        var options = postgres.NewSchema();
        var first = await PostgresDatabase.OpenAsync(options, [.. PostgresSchema.Steps.Take(1)], Token);
        _databases.Add(first);
        await using (var store = new PostgresMetadataStore(first))
        {
            await store.Collections.CreateAsync(Collection("a"), Token);
        }

        var latest = await PostgresDatabase.OpenAsync(options, Token);
        _databases.Add(latest);
        await using var later = new PostgresMetadataStore(latest);

        Assert.Equal(Collection("a"), await later.Collections.FindAsync("a", Token));
    }

    [Fact]
    public async Task Failing_step_leaves_the_version_before_it()
    {
        var options = postgres.NewSchema();
        await Assert.ThrowsAsync<MetadataFailedException>(() => PostgresDatabase.OpenAsync(
            options, [.. PostgresSchema.Steps, "CREATE TABLE half (x integer); SELECT 1 / 0;"], Token));

        _databases.Add(await PostgresDatabase.OpenAsync(options, [.. PostgresSchema.Steps, "CREATE TABLE half (y integer);"], Token));
    }

    [Fact]
    public async Task Schema_of_a_newer_program_is_refused()
    {
        var options = postgres.NewSchema();
        _databases.Add(await PostgresDatabase.OpenAsync(options, [.. PostgresSchema.Steps, "SELECT 1"], Token));

        var error = await Assert.ThrowsAsync<MetadataFailedException>(() => PostgresDatabase.OpenAsync(options, Token));

        Assert.Contains("newer program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_database_and_wrong_options_are_named()
    {
        var options = postgres.NewSchema() with { Patience = TimeSpan.Zero };
        await Assert.ThrowsAsync<MetadataFailedException>(() => PostgresDatabase.OpenAsync(options with { ConnectionString = "Host=127.0.0.1;Port=1" }, Token));
        var schema = await Assert.ThrowsAsync<ArgumentException>(() => PostgresDatabase.OpenAsync(options with { Schema = "a; DROP" }, Token));
        Assert.Contains("Schema", schema.Message, StringComparison.Ordinal);
    }

    private protected override async Task<IMetadataStore> OpenAsync()
    {
        var database = await PostgresDatabase.OpenAsync(postgres.NewSchema(), Token);
        _databases.Add(database);
        return new PostgresMetadataStore(database);
    }
}
