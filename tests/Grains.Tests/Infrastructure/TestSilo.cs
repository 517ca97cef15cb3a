using FaceCluster.Storage;
using FaceCluster.Storage.InMemory;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Metadata.Sqlite;
using FaceCluster.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Xunit;

namespace FaceCluster.Grains.Tests;

/// <summary>
/// A real silo on free ports over stores that outlive it, so that a second one started over the same stores is a
/// restart.
/// </summary>
public sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private TestSilo(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public LinkChaos Chaos => _host.Services.GetRequiredService<LinkChaos>();

    public static async Task<TestSilo> StartAsync(TestStores stores)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSingleton(stores.Shards);
        builder.Services.AddSingleton(stores.Metadata);
        builder.Services.AddSingleton<LinkChaos>();
        builder.Services.AddFaceClusterGrains();
        builder.Services.Configure<ShardOptions>(options =>
        {
            options.RecallEvery = 3;
            options.RetryDelay = TimeSpan.FromMilliseconds(1);
            options.SplitRetryDelay = TimeSpan.FromMilliseconds(1);
            options.CompactionDelay = TimeSpan.FromMilliseconds(1);
        });
        builder.Services.Configure<CatalogOptions>(options =>
        {
            options.TendPeriod = TimeSpan.FromMilliseconds(100);
            options.RestorePatience = TimeSpan.FromSeconds(2);
        });
        builder.UseOrleans(silo =>
        {
            var name = Guid.NewGuid().ToString("N");
            silo.UseLocalhostClustering(LoopbackPorts.Take(), LoopbackPorts.Take(), serviceId: name, clusterId: name);
            silo.AddIncomingGrainCallFilter<LinkChaosFilter>();
            silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromMinutes(2));
        });
        var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<ShardWarmUp>().WhenReady;
        return new TestSilo(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

/// <summary>The durable half of a test system.</summary>
public sealed class TestStores : IAsyncDisposable
{
    private TestStores(IMetadataStore metadata) => Metadata = metadata;

    public IShardStoreFactory Shards { get; } = new InMemoryShardStoreFactory();

    public IMetadataStore Metadata { get; }

    public static async Task<TestStores> CreateAsync() => new(await SqliteMetadataStore.OpenInMemoryAsync());

    public ValueTask DisposeAsync() => Metadata.DisposeAsync();
}

/// <summary>One silo for the tests of a class.</summary>
public sealed class SiloFixture : IAsyncLifetime
{
    public TestStores Stores { get; private set; } = null!;

    public TestSilo Silo { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Stores = await TestStores.CreateAsync();
        Silo = await TestSilo.StartAsync(Stores);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await Stores.DisposeAsync();
    }
}
