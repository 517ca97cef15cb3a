using System.Text.Json;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;

namespace FaceCluster.EndToEnd.Tests.Reading;

public sealed class DiagnosticsTests(SharedServer shared)
{
    [Theory]
    [InlineData("")]
    [InlineData("facecluster.v1.IngestService")]
    [InlineData("facecluster.v1.ClusterService")]
    [InlineData("inference")]
    public async Task Health_is_serving_per_service(string service)
    {
        var answer = await new Health.HealthClient(shared.Api.Invoker).CheckAsync(new HealthCheckRequest { Service = service });
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task Reflection_lists_the_services()
    {
        using var call = new ServerReflection.ServerReflectionClient(shared.Api.Invoker).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = string.Empty }, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToList();
        Assert.Contains("facecluster.v1.IngestService", names);
        Assert.Contains("facecluster.v1.IdentityService", names);
    }

    [Fact]
    public async Task Http_endpoints_tell_liveness_readiness_with_the_provider_and_metrics_without_cameras()
    {
        const string Camera = "camera-that-metrics-must-not-name";
        await shared.Api.SendAsync(await shared.Api.NewCollectionAsync(), Camera, Embeddings.Item(1, new Embeddings(80).Person()));
        using var client = new HttpClient { BaseAddress = shared.Server.HttpAddress };
        Assert.Equal("ok", await client.GetStringAsync("/livez", TestContext.Current.CancellationToken));
        using var ready = JsonDocument.Parse(await client.GetStringAsync("/readyz", TestContext.Current.CancellationToken));
        Assert.Equal("Healthy", ready.RootElement.GetProperty("status").GetString());
        Assert.Equal("none", ready.RootElement.GetProperty("checks").GetProperty("inference").GetProperty("data").GetProperty("provider").GetString());
        var metrics = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("ingest_items", metrics, StringComparison.Ordinal);
        Assert.Contains("ingest_acknowledgement_bucket", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(Camera, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_info_states_the_limits()
    {
        var info = await shared.Api.Server.GetServerInfoAsync(new GetServerInfoRequest());
        Assert.Equal(32, info.Limits.MaxBlockItems);
        Assert.Equal(Embeddings.ModelId, Assert.Single(info.Models).ModelId);
        Assert.NotEmpty(info.Version);
    }

    [Fact]
    public async Task Errors_and_logs_of_bad_items_hold_no_embedding()
    {
        var log = new LogLines();
        await using var server = await TestServer.StartAsync(configure: options => options.ConfigureLogging = log.AddTo);
        var values = Enumerable.Repeat(0.123456789f, 511).ToArray();
        var answer = await server.Api.SendAsync("collections/default", "door", Embeddings.Item(1, values));
        Assert.DoesNotContain("0.1234", answer.Acknowledgements[0].Error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, line => line.Contains("0.1234", StringComparison.Ordinal));
        await Assert.ThrowsAsync<RpcException>(() => server.Api.Faces.GetFaceAsync(new GetFaceRequest()).ResponseAsync);
    }
}
