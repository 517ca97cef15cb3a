using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;

namespace FaceCluster.EndToEnd.Tests.Access;

public sealed class GatewayHostTests
{
    [Fact]
    public async Task Gateway_in_a_process_of_its_own_serves_the_silo_of_another()
    {
        var (silo, grpc, http) = (FreePort(), FreePort(), FreePort());
        await using var server = await TestServer.StartAsync(configure: options => options.SiloGatewayPort = silo);
        using var gateway = Launch("--GatewayHost:SiloGateways:0", $"127.0.0.1:{silo}", "--GatewayHost:GrpcPort", Text(grpc), "--GatewayHost:HttpPort", Text(http));
        try
        {
            await ReadyAsync(gateway, http);
            using var api = new ApiClient(new Uri($"http://127.0.0.1:{grpc}"));
            var collection = await api.NewCollectionAsync();
            var sent = await api.SendAsync(collection, "door", Embeddings.Item(1, new Embeddings(1).Person()));
            var seen = await server.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection, MinRevision = sent.Revision });
            Assert.Equal(sent.Acknowledgements[0].Faces[0].Name, Assert.Single(seen.Faces).Name);
        }
        finally
        {
            gateway.Kill();
            await gateway.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Gateway_for_other_machines_is_refused_without_keys()
    {
        using var gateway = Launch("--GatewayHost:Address", "0.0.0.0");
        var error = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("ApiKeys", error, StringComparison.Ordinal);
    }

    private static async Task ReadyAsync(Process gateway, int http)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        while (true)
        {
            Assert.False(gateway.HasExited, "The gateway ended.");
            try
            {
                using var answer = await client.GetAsync("/readyz", TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is not listening yet.
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private static Process Launch(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "FaceCluster.Gateway.Host.dll"), .. arguments])
    {
        RedirectStandardError = true,
    })!;

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
