using System.Net;
using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Cli.Tests.Remote;

public sealed class ApproximateAnswerTests
{
    private const string Face = "4be0f3aa6c0d4e0f9a5c1c3b2a190817";

    [Theory]
    [InlineData("search")]
    [InlineData("identify")]
    public async Task AnApproximateAnswer_IsMarkedInTextAndJson_AnExactOneIsNot(string command)
    {
        await using var server = await StartAsync();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var text = await Infrastructure.Cli.RunAsync(command, Face, "--server", address);
        Assert.Equal(ExitCode.Success, text.ExitCode);
        Assert.Contains("Approximate:", text.Error, StringComparison.Ordinal);
        Assert.Contains("\"approximate\": true", (await Infrastructure.Cli.RunAsync(command, Face, "--json", "--server", address)).Output, StringComparison.Ordinal);
        if (command == "search")
        {
            var exact = await Infrastructure.Cli.RunAsync(command, Face, "--exact", "--server", address);
            Assert.DoesNotContain("Approximate", exact.Error + exact.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Create_WithApproximateSearch_SendsWhatWasAsked()
    {
        await using var server = await StartAsync();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var created = await Infrastructure.Cli.RunAsync(
            "collections", "create", "airport", "--approximate", "hnsw", "--approximate-from", "20000", "--links", "24", "--json", "--server", address);
        var settings = created.Json["settings"]!["approximate_search"]!;
        Assert.Equal(("HNSW", 20_000, 24), (settings["structure"]!.GetValue<string>(), settings["min_faces"]!.GetValue<int>(), settings["links"]!.GetValue<int>()));

        var stray = await Infrastructure.Cli.RunAsync("collections", "create", "airport", "--probes", "8", "--server", address);
        Assert.Equal(ExitCode.Usage, stray.ExitCode);
        Assert.Contains("--probes needs --approximate", stray.Error, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var application = builder.Build();
        application.MapGrpcService<Faces>();
        application.MapGrpcService<Identities>();
        application.MapGrpcService<Collections>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    private sealed class Faces : FaceService.FaceServiceBase
    {
        public override Task<SearchFacesResponse> SearchFaces(SearchFacesRequest request, ServerCallContext context) =>
            Task.FromResult(new SearchFacesResponse { Approximate = !request.Exact, Results = { new FaceSearchResult() } });
    }

    private sealed class Identities : IdentityService.IdentityServiceBase
    {
        public override Task<IdentifyFacesResponse> IdentifyFaces(IdentifyFacesRequest request, ServerCallContext context) =>
            Task.FromResult(new IdentifyFacesResponse { Approximate = true, Faces = { new IdentifiedFace() } });
    }

    private sealed class Collections : CollectionService.CollectionServiceBase
    {
        public override Task<Collection> CreateCollection(CreateCollectionRequest request, ServerCallContext context) => Task.FromResult(request.Collection);
    }
}
