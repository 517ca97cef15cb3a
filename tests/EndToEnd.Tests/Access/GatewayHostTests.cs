using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Testing;
using FaceCluster.V1;
using FaceCluster.Vision.Models;

namespace FaceCluster.EndToEnd.Tests.Access;

public sealed class GatewayHostTests
{
    [Fact]
    public async Task Gateway_in_a_process_of_its_own_serves_the_silo_of_another()
    {
        var (silo, grpc, http) = (LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
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

        // Requests that went well are not worth a line each.
        Assert.DoesNotContain("info: Microsoft.AspNetCore", await gateway.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_by_itself_takes_the_calibration_from_the_model_of_the_silos()
    {
        Assert.SkipWhen(ModelFolder.Find(null) is null, "The models are not on this machine: run eng/fetch-models.sh.");
        using var models = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(ModelFolder.Find(null)!))
        {
            File.CreateSymbolicLink(Path.Combine(models.Path, Path.GetFileName(file)), Path.GetFullPath(file));
        }

        var manifest = JsonNode.Parse(ModelManifest.Find(Path.Combine(models.Path, "fr_feature.onnx")).ToJson())!;
        manifest["calibration"] = new JsonObject { ["slope"] = 8.0, ["midpoint"] = -0.25 };
        await File.WriteAllTextAsync(Path.Combine(models.Path, "fr_feature.json"), manifest.ToJsonString(), TestContext.Current.CancellationToken);

        var (silo, grpc, http) = (LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
        await using var server = await TestServer.StartAsync(configure: options =>
        {
            options.SiloGatewayPort = silo;
            options.Inference.Enabled = true;
            options.Inference.EmbeddingModelId = null;
            options.Inference.ModelDirectory = models.Path;
        });
        using var gateway = Launch("--GatewayHost:SiloGateways:0", $"127.0.0.1:{silo}", "--GatewayHost:GrpcPort", Text(grpc), "--GatewayHost:HttpPort", Text(http));
        try
        {
            await ReadyAsync(gateway, http);
            using var api = new ApiClient(new Uri($"http://127.0.0.1:{grpc}"));
            var model = Assert.Single((await api.Server.GetServerInfoAsync(new GetServerInfoRequest())).Models).ModelId;
            var created = await api.Collections.CreateCollectionAsync(new CreateCollectionRequest
            {
                CollectionId = "calibrated",
                Collection = new Collection { Settings = new CollectionSettings { ModelId = model } },
            });
            var people = new Embeddings(7);
            var request = new VerifyFacesRequest { Parent = created.Name, First = Query(people.Person()), Second = Query(people.Person()) };
            var expected = 0.0;
            var answer = new VerifyFacesResponse();
            do
            {
                // The gateway asks the silos as soon as it starts, and then every few seconds.
                await Task.Delay(50, TestContext.Current.CancellationToken);
                answer = await api.Faces.VerifyFacesAsync(request);
                expected = 1 / (1 + Math.Exp(-8 * (answer.Similarity + 0.25)));
            }
            while (!answer.HasProbability || Math.Abs(answer.Probability - expected) > 1e-9);

            FaceQuery Query(float[] values)
            {
                var embedding = Embeddings.Wire(values);
                embedding.ModelId = model;
                return new FaceQuery { Embedding = embedding };
            }
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

    [Fact]
    public async Task Gateway_stopped_while_it_looks_for_the_silos_ends_cleanly_and_says_so()
    {
        // Nothing listens where the silo should be.
        using var gateway = Launch(
            "--GatewayHost:SiloGateways:0", $"127.0.0.1:{LoopbackPorts.Take()}",
            "--GatewayHost:GrpcPort", Text(LoopbackPorts.Take()),
            "--GatewayHost:HttpPort", Text(LoopbackPorts.Take()),
            "--Logging:LogLevel:Orleans", "None");
        var errors = gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
            if (line.Contains("No silo answers yet", StringComparison.Ordinal))
            {
                using var stop = Process.Start("kill", ["-TERM", Text(gateway.Id)]);
                await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }

        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, gateway.ExitCode);
        Assert.Equal(string.Empty, await errors);
        Assert.Contains(lines, line => line.Contains("Stopped before a silo answered.", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("Exception", StringComparison.Ordinal) || line.Contains("fail:", StringComparison.Ordinal));
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
        RedirectStandardOutput = true,
    })!;

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
