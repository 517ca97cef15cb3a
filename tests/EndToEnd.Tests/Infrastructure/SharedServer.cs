using FaceCluster.EndToEnd.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>One server for all tests that need nothing special; each works in a collection of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private TestServer? _server;

    public TestServer Server => _server!;

    public ApiClient Api => Server.Api;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
