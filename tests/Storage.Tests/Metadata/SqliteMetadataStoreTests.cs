using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using FaceCluster.Storage.Tests.Support;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Tests.Metadata;

public sealed class InMemoryMetadataStoreTests : MetadataStoreContract
{
    private protected override async Task<IMetadataStore> OpenAsync() => await SqliteMetadataStore.OpenInMemoryAsync(Token);
}

public sealed class SqliteMetadataStoreTests : MetadataStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string DatabasePath => _folder.File("metadata.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_survive_reopen()
    {
        await using (var store = await OpenAsync())
        {
            await store.Collections.CreateAsync(Collection("a"), Token);
        }

        await using var reopened = await OpenAsync();

        Assert.Equal(Collection("a"), await reopened.Collections.FindAsync("a", Token));
    }

    [Fact]
    public async Task Scrub_leaves_no_byte_of_deleted_identities()
    {
        await using var store = await OpenAsync();
        var random = new Random(1);
        var templates = Enumerable.Range(0, 200).Select(_ => RandomBytes(random)).ToArray();
        for (var i = 0; i < templates.Length; i++)
        {
            await store.Identities.CreateAsync(Identity("a", $"i{i}", i) with { Template = templates[i], DisplayName = $"Person number {i:D4}." }, Token);
        }

        for (var i = 0; i < templates.Length; i += 2)
        {
            Assert.True(await store.Identities.DeleteAsync("a", $"i{i}", null, Token));
        }

        await store.ScrubAsync(Token);

        for (var i = 0; i < templates.Length; i++)
        {
            var deleted = i % 2 == 0;
            Assert.Equal(!deleted, _folder.Contains(templates[i].AsSpan(512, 64)));
            Assert.Equal(!deleted, _folder.Contains(System.Text.Encoding.UTF8.GetBytes($"Person number {i:D4}.")));
        }
    }

    [Fact]
    public async Task Scrub_waits_for_readers_instead_of_failing()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 50; i++)
        {
            await store.Identities.CreateAsync(Identity("a", $"i{i}", i), Token);
        }

        using var done = new CancellationTokenSource();
        var reading = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    Assert.Equal(50, (await store.Identities.ListAsync("a", null, 100, Token)).Count);
                }
            },
            Token);
        for (var i = 0; i < 10; i++)
        {
            await store.Values.PutAsync("v", new byte[100], null, Token);
            await store.ScrubAsync(Token);
        }

        await done.CancelAsync();
        await reading;
        Assert.Equal(0, new FileInfo(DatabasePath + "-wal").Length);
    }

    [Fact]
    public async Task Schema_moves_forward_step_by_step_and_keeps_rows()
    {
        await using (var store = await OpenAsync())
        {
            await store.Collections.CreateAsync(Collection("a"), Token);
        }

        IReadOnlyList<string> longer = [.. SqliteSchema.Steps, "ALTER TABLE api_keys ADD COLUMN owner TEXT NOT NULL DEFAULT 'x';"];
        await using (var store = SqliteMetadataStore.Open(DatabasePath, longer))
        {
            Assert.Equal(Collection("a"), await store.Collections.FindAsync("a", Token));
        }

        await using (SqliteMetadataStore.Open(DatabasePath, longer))
        {
            // Opened twice: a step that ran again would fail on the column that exists.
        }

        var error = Assert.Throws<MetadataFailedException>(() => SqliteMetadataStore.Open(DatabasePath, SqliteSchema.Steps));
        Assert.Contains($"schema version {longer.Count}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_schema_step_leaves_the_version_before_it()
    {
        await using (await OpenAsync())
        {
        }

        IReadOnlyList<string> broken = [.. SqliteSchema.Steps, "CREATE TABLE half (x); CREATE TABLE half (x);"];
        Assert.Throws<MetadataFailedException>(() => SqliteMetadataStore.Open(DatabasePath, broken));

        await using var store = await OpenAsync();
        Assert.Null(await store.Values.FindAsync("v", Token));
    }

    [Fact]
    public async Task Damaged_file_is_refused()
    {
        await File.WriteAllBytesAsync(DatabasePath, RandomBytes(new Random(2)), Token);

        var error = await Assert.ThrowsAsync<MetadataFailedException>(OpenAsync);

        Assert.IsType<SqliteException>(error.InnerException);
        Assert.Contains(DatabasePath, error.Message, StringComparison.Ordinal);
    }

    private protected override async Task<IMetadataStore> OpenAsync() => await SqliteMetadataStore.OpenAsync(DatabasePath, Token);

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[2048];
        random.NextBytes(bytes);
        return bytes;
    }
}
