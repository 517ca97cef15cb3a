using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Vision.Models;

[assembly: AssemblyFixture(typeof(PictureServer))]

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>One server that reads pictures, for all tests that need one; there is none where the models were not fetched.</summary>
public sealed class PictureServer : IAsyncLifetime
{
    public const int MaxFaces = 12;

    private TestServer? _server;

    /// <summary>Skips the test where there are no models.</summary>
    public TestServer Server
    {
        get
        {
            if (_server is null)
            {
                Assert.Skip("The models are not on this machine: run eng/fetch-models.sh.");
            }

            return _server;
        }
    }

    public ApiClient Api => Server.Api;

    public async ValueTask InitializeAsync()
    {
        if (ModelFolder.Find(null) is null)
        {
            return;
        }

        _server = await TestServer.StartAsync(configure: options =>
        {
            options.Inference.Enabled = true;
            options.ConfigureGateway = gateway => gateway.MaxFacesPerFrame = MaxFaces;
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
