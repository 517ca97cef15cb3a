using FaceCluster.Core;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Storage.Tests.Metadata;

/// <summary>What every <see cref="IMetadataStore"/> has to do.</summary>
public abstract class MetadataStoreContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Collection_is_read_back_as_created_and_its_name_is_taken()
    {
        await using var store = await OpenAsync();
        var row = Collection("a");
        await store.Collections.CreateAsync(row, Token);

        Assert.Equal(row, await store.Collections.FindAsync("a", Token));
        Assert.Null(await store.Collections.FindAsync("A", Token));
        await AssertConflictAsync(ConflictKind.AlreadyExists, () => store.Collections.CreateAsync(Collection("a"), Token));
    }

    [Fact]
    public async Task Collections_are_listed_page_by_page_in_ordinal_order()
    {
        await using var store = await OpenAsync();
        foreach (var name in new[] { "b", "a", "B", "é", "a-1" })
        {
            await store.Collections.CreateAsync(Collection(name), Token);
        }

        var first = await store.Collections.ListAsync(null, 3, Token);
        var second = await store.Collections.ListAsync(first[^1].Name, 3, Token);

        Assert.Equal(["B", "a", "a-1"], first.Select(row => row.Name));
        Assert.Equal(["b", "é"], second.Select(row => row.Name));
    }

    [Fact]
    public async Task Collection_update_needs_the_present_revision()
    {
        await using var store = await OpenAsync();
        var row = Collection("a");
        await store.Collections.CreateAsync(row, Token);

        var updated = await store.Collections.UpdateAsync(row with { SettingsJson = """{"x":2}""" }, Token);

        Assert.Equal(2, updated.Revision);
        Assert.Equal("""{"x":2}""", updated.SettingsJson);
        await AssertConflictAsync(ConflictKind.Stale, () => store.Collections.UpdateAsync(row, Token));
        await AssertConflictAsync(ConflictKind.NotFound, () => store.Collections.UpdateAsync(Collection("b"), Token));
    }

    [Fact]
    public async Task Deleted_collection_keeps_its_name_until_purged_with_its_identities()
    {
        await using var store = await OpenAsync();
        await store.Collections.CreateAsync(Collection("a"), Token);
        await store.Identities.CreateAsync(Identity("a", "i"), Token);

        Assert.False(await store.Collections.PurgeAsync("a", Token));
        Assert.True(await store.Collections.MarkDeletedAsync("a", 99, Token));
        Assert.False(await store.Collections.MarkDeletedAsync("a", 100, Token));
        Assert.Equal(99, (await store.Collections.FindAsync("a", Token))!.DeletedMicros);
        await AssertConflictAsync(ConflictKind.AlreadyExists, () => store.Collections.CreateAsync(Collection("a"), Token));

        Assert.True(await store.Collections.PurgeAsync("a", Token));
        Assert.Null(await store.Identities.FindAsync("a", "i", Token));
        await store.Collections.CreateAsync(Collection("a"), Token);
    }

    [Fact]
    public async Task Identity_is_read_back_as_created()
    {
        await using var store = await OpenAsync();
        var row = Identity("a", "i", 1, 2, 3);

        await store.Identities.CreateAsync(row, Token);

        AssertSame(row, await store.Identities.FindAsync("a", "i", Token));
        Assert.Null(await store.Identities.FindAsync("b", "i", Token));
        await AssertConflictAsync(ConflictKind.AlreadyExists, () => store.Identities.CreateAsync(Identity("a", "i"), Token));
    }

    [Fact]
    public async Task Identity_update_needs_the_present_etag_and_replaces_its_faces()
    {
        await using var store = await OpenAsync();
        await store.Identities.CreateAsync(Identity("a", "i", 1, 2), Token);
        var changed = Identity("a", "i", 2, 7) with { Etag = "next", DisplayName = "Somebody else", UpdatedMicros = 12 };

        await AssertConflictAsync(ConflictKind.Stale, () => store.Identities.UpdateAsync(changed, "wrong", Token));
        await AssertConflictAsync(ConflictKind.NotFound, () => store.Identities.UpdateAsync(Identity("a", "j"), "etag-i", Token));
        await store.Identities.UpdateAsync(changed, "etag-i", Token);

        AssertSame(changed, await store.Identities.FindAsync("a", "i", Token));
        var found = await store.Identities.FindByFacesAsync("a", [Face(1), Face(2), Face(7)], Token);
        Assert.Equal(new[] { Face(2), Face(7) }.Order(), found.Keys.Order());
    }

    [Fact]
    public async Task Face_of_another_identity_is_refused_and_nothing_of_the_write_stays()
    {
        await using var store = await OpenAsync();
        await store.Identities.CreateAsync(Identity("a", "i", 1), Token);
        await store.Identities.CreateAsync(Identity("a", "j", 2), Token);

        await AssertConflictAsync(ConflictKind.FaceTaken, () => store.Identities.CreateAsync(Identity("a", "k", 3, 1), Token));
        await AssertConflictAsync(ConflictKind.FaceTaken, () => store.Identities.UpdateAsync(Identity("a", "j", 3, 1), "etag-j", Token));

        Assert.Null(await store.Identities.FindAsync("a", "k", Token));
        AssertSame(Identity("a", "j", 2), await store.Identities.FindAsync("a", "j", Token));
        Assert.Equal("i", (await store.Identities.FindByFacesAsync("a", [Face(1), Face(3)], Token)).Single().Value);
        await store.Identities.CreateAsync(Identity("b", "i", 1), Token);
    }

    [Fact]
    public async Task Deleted_identity_frees_its_faces()
    {
        await using var store = await OpenAsync();
        await store.Identities.CreateAsync(Identity("a", "i", 1), Token);

        await AssertConflictAsync(ConflictKind.Stale, () => store.Identities.DeleteAsync("a", "i", "wrong", Token));
        Assert.True(await store.Identities.DeleteAsync("a", "i", "etag-i", Token));
        Assert.False(await store.Identities.DeleteAsync("a", "i", "etag-i", Token));

        await store.Identities.CreateAsync(Identity("a", "j", 1), Token);
        await store.Identities.CreateAsync(Identity("a", "k", 2), Token);
        Assert.Equal(["j"], (await store.Identities.ListAsync("a", null, 1, Token)).Select(row => row.Id));
        Assert.Equal(["k"], (await store.Identities.ListAsync("a", "j", 1, Token)).Select(row => row.Id));
        Assert.Equal(2, await store.Identities.DeleteAllAsync("a", Token));
    }

    [Fact]
    public async Task First_answer_of_a_request_stands_until_it_expires()
    {
        await using var store = await OpenAsync();
        var first = new RequestRow { RequestId = "r", Method = "Create", RequestDigest = ulong.MaxValue, Response = new byte[] { 1, 2 }, ExpiresMicros = 100 };

        Assert.Null(await store.Requests.FindAsync("r", Token));
        Assert.Equal([1, 2], (await store.Requests.RecordAsync(first, Token)).Response.ToArray());
        Assert.Equal([1, 2], (await store.Requests.RecordAsync(first with { Response = new byte[] { 3 } }, Token)).Response.ToArray());

        Assert.Equal(ulong.MaxValue, (await store.Requests.FindAsync("r", Token))!.RequestDigest);
        Assert.Equal(0, await store.Requests.DeleteExpiredAsync(100, Token));
        await store.Requests.RecordAsync(first with { RequestId = "s", Response = new byte[] { 9, 0, 7, 8 } }, Token);
        Assert.Equal(0, await store.Requests.DeleteHoldingAsync(new byte[] { 7, 9 }, Token));
        Assert.Equal(1, await store.Requests.DeleteHoldingAsync(new byte[] { 0, 7 }, Token));
        Assert.Null(await store.Requests.FindAsync("s", Token));
        Assert.Equal(1, await store.Requests.DeleteExpiredAsync(101, Token));
        Assert.Null(await store.Requests.FindAsync("r", Token));
    }

    [Fact]
    public async Task Api_key_is_found_until_and_after_it_is_revoked()
    {
        await using var store = await OpenAsync();
        var key = new ApiKeyRow { Id = "k", Hash = new byte[] { 9, 8 }, Scopes = ["read", "write"], Note = "cameras", CreatedMicros = 5 };
        await store.ApiKeys.CreateAsync(key, Token);
        await store.ApiKeys.CreateAsync(key with { Id = "j", CreatedMicros = 4 }, Token);

        var found = await store.ApiKeys.FindAsync("k", Token);
        Assert.Equal(key.Hash.ToArray(), found!.Hash.ToArray());
        Assert.Equal(key.Scopes, found.Scopes);
        Assert.Equal((key.Note, key.CreatedMicros, null), (found.Note, found.CreatedMicros, found.RevokedMicros));
        await AssertConflictAsync(ConflictKind.AlreadyExists, () => store.ApiKeys.CreateAsync(key, Token));
        Assert.True(await store.ApiKeys.RevokeAsync("k", 7, Token));
        Assert.False(await store.ApiKeys.RevokeAsync("k", 8, Token));
        Assert.False(await store.ApiKeys.RevokeAsync("none", 8, Token));
        Assert.Equal(7, (await store.ApiKeys.FindAsync("k", Token))!.RevokedMicros);
        Assert.Equal(["j", "k"], (await store.ApiKeys.ListAsync(Token)).Select(row => row.Id));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ApiKeys.CreateAsync(key with { Id = "l", Scopes = ["a b"] }, Token));
    }

    [Fact]
    public async Task Value_changes_only_from_the_expected_version()
    {
        await using var store = await OpenAsync();

        Assert.Null(await store.Values.FindAsync("v", Token));
        Assert.Equal(1, await store.Values.PutAsync("v", new byte[] { 1 }, 0, Token));
        await AssertConflictAsync(ConflictKind.Stale, () => store.Values.PutAsync("v", new byte[] { 2 }, 0, Token));
        Assert.Equal(2, await store.Values.PutAsync("v", new byte[] { 3 }, 1, Token));
        Assert.Equal(3, await store.Values.PutAsync("v", new byte[] { 4 }, null, Token));

        Assert.Equal([4], (await store.Values.FindAsync("v", Token))!.Value.Value.ToArray());
        Assert.True(await store.Values.DeleteAsync("v", Token));
        Assert.False(await store.Values.DeleteAsync("v", Token));
        await Assert.ThrowsAsync<ArgumentException>(() => store.Values.PutAsync("v", new byte[IValueTable.MaxValueBytes + 1], null, Token));
    }

    [Fact]
    public async Task Concurrent_writers_of_one_value_each_win_once()
    {
        await using var store = await OpenAsync();

        async Task IncrementAsync()
        {
            for (var i = 0; i < 10; i++)
            {
                while (true)
                {
                    var stored = await store.Values.FindAsync("n", Token) ?? new StoredValue(new byte[] { 0 }, 0);
                    try
                    {
                        await store.Values.PutAsync("n", new[] { (byte)(stored.Value.Span[0] + 1) }, stored.Version, Token);
                        break;
                    }
                    catch (MetadataConflictException conflict) when (conflict.Kind == ConflictKind.Stale)
                    {
                    }
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IncrementAsync()));

        Assert.Equal(50, (await store.Values.FindAsync("n", Token))!.Value.Value.Span[0]);
    }

    [Fact]
    public async Task Disposed_store_refuses_calls()
    {
        var store = await OpenAsync();
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Values.FindAsync("v", Token));
    }

    protected static CollectionRow Collection(string name) => new()
    {
        Name = name,
        Uid = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        ModelId = "model",
        SettingsJson = """{"x":1}""",
        ShardMapJson = "[0,1]",
        CreatedMicros = 1_700_000_000_000_000,
    };

    protected static IdentityRow Identity(string collection, string id, params int[] faces) => new()
    {
        Collection = collection,
        Id = id,
        DisplayName = $"Name of {id}",
        Labels = new Dictionary<string, string> { ["door"] = "north", ["é"] = "\"" },
        CreatedMicros = 10,
        UpdatedMicros = 11,
        Etag = $"etag-{id}",
        Faces = [.. faces.Select(face => new IdentityFace(Face(face), face + 0.25f))],
        Template = Enumerable.Range(0, 2048).Select(i => (byte)(i * 7)).ToArray(),
    };

    protected static FaceId Face(int number) => FaceId.Derive("faces", "camera", number, 0);

    private protected abstract Task<IMetadataStore> OpenAsync();

    private static void AssertSame(IdentityRow expected, IdentityRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Faces, actual.Faces);
        Assert.Equal(expected.Labels, actual.Labels);
        Assert.Equal(expected.Template.ToArray(), actual.Template.ToArray());
        Assert.Equal(
            (expected.Collection, expected.Id, expected.DisplayName, expected.CreatedMicros, expected.UpdatedMicros, expected.Etag),
            (actual.Collection, actual.Id, actual.DisplayName, actual.CreatedMicros, actual.UpdatedMicros, actual.Etag));
    }

    private static async Task AssertConflictAsync(ConflictKind kind, Func<Task> action) =>
        Assert.Equal(kind, (await Assert.ThrowsAsync<MetadataConflictException>(action)).Kind);
}
