using System.Text.Json;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Grains.Tests;

/// <summary>What a process that died had begun is taken up by those that live, without anybody asking for it.</summary>
public sealed class LeftUndoneTests
{
    private static readonly CollectionSettings Settings = new() { ModelId = "model", Dimension = 8, ShardCount = 2 };

    [Fact]
    public async Task RestoreWhoseGatewayDied_CollectionIsDeletedAgain()
    {
        await using var stores = await TestStores.CreateAsync();
        await using var silo = await TestSilo.StartAsync(stores);
        var catalog = silo.Grains.GetGrain<ICatalogGrain>(0);

        var info = await catalog.CreateRestoring("half", Settings);
        Assert.NotNull(await catalog.Get("half"));

        await Gone(catalog, "half");
        Assert.False(await catalog.KeepRestoring("half", info.Uid));
        Assert.False(await catalog.EndRestoring("half", info.Uid));

        // The name is free again.
        CollectionInfo? again = null;
        while (again is null)
        {
            try
            {
                again = await catalog.Create("half", Settings);
            }
            catch (DomainException error) when (error.Status == DomainStatus.AlreadyExists)
            {
                // Its files are still being deleted.
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        Assert.NotEqual(info.Uid, again.Uid);
    }

    [Fact]
    public async Task RestoreWhoseSiloDied_CollectionIsDeletedByTheNextSilo()
    {
        await using var stores = await TestStores.CreateAsync();
        await using (var first = await TestSilo.StartAsync(stores))
        {
            await first.Grains.GetGrain<ICatalogGrain>(0).CreateRestoring("half", Settings);
        }

        await using var second = await TestSilo.StartAsync(stores);
        var catalog = second.Grains.GetGrain<ICatalogGrain>(0);
        Assert.NotNull(await catalog.Get("half"));
        await Gone(catalog, "half");
    }

    [Fact]
    public async Task RestoreThatGoesOn_KeepsItsCollectionAndAnEndedOneNeedsNothingMore()
    {
        await using var stores = await TestStores.CreateAsync();
        await using var silo = await TestSilo.StartAsync(stores);
        var catalog = silo.Grains.GetGrain<ICatalogGrain>(0);
        var slow = await catalog.CreateRestoring("slow", Settings);
        var done = await catalog.CreateRestoring("done", Settings);
        await catalog.CreateRestoring("silent", Settings);
        Assert.True(await catalog.EndRestoring("done", done.Uid));
        Assert.True(await catalog.EndRestoring("done", done.Uid));

        while (await catalog.Get("silent") is not null)
        {
            Assert.True(await catalog.KeepRestoring("slow", slow.Uid));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal(slow.Uid, (await catalog.Get("slow"))?.Uid);
        Assert.Equal(done.Uid, (await catalog.Get("done"))?.Uid);
    }

    [Fact]
    public async Task ErasureOfADeadSilo_GoesOnUnasked()
    {
        await using var stores = await TestStores.CreateAsync();
        await using var silo = await TestSilo.StartAsync(stores);

        // As another silo left it: begun, and nobody of this one has heard of it.
        var face = FaceId.Derive("left", "camera", 0, 0);
        var bytes = new byte[FaceId.Size];
        face.Write(bytes);
        var erasure = new ErasureInfo { Id = "e1", RequestedFaces = 1, FacesSha256 = "x", Chunks = 1, Shards = Settings.ShardCount };
        await stores.Metadata.Values.PutAsync("erasures/left/e1/0", bytes);
        await stores.Metadata.Values.PutAsync("erasures/left/e1", JsonSerializer.SerializeToUtf8Bytes(erasure));
        await stores.Metadata.Values.PutAsync("erasures/left", JsonSerializer.SerializeToUtf8Bytes<string[]>(["e1"]));
        await silo.Grains.GetGrain<ICatalogGrain>(0).Create("left", Settings);

        while ((await Stored()).Phase != ErasurePhase.Done)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Settings.ShardCount, (await Stored()).ShardsRewrittenMicros.Count);
        Assert.Null(await stores.Metadata.Values.FindAsync("erasures/left/e1/0"));

        async Task<ErasureInfo> Stored() =>
            JsonSerializer.Deserialize<ErasureInfo>((await stores.Metadata.Values.FindAsync("erasures/left/e1"))!.Value.Value.Span)!;
    }

    private static async Task Gone(ICatalogGrain catalog, string name)
    {
        while (await catalog.Get(name) is not null)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
