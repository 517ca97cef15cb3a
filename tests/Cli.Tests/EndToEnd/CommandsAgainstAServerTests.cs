using System.Text.Json.Nodes;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;

namespace FaceCluster.Cli.Tests.EndToEnd;

/// <summary>The tour of the README: photographs in, people out. What changes something has a collection of its own.</summary>
public sealed class CommandsAgainstAServerTests(CommandsAgainstAServerTests.Fixture fixture) : IClassFixture<CommandsAgainstAServerTests.Fixture>
{
    private readonly LocalServer _server = fixture.Server;
    private readonly JsonNode _ingested = fixture.Ingested;

    [Fact]
    public async Task Ingest_OfTheSamples_FindsThePeopleAndIsRepeatable()
    {
        var faces = _ingested["faces"]!.GetValue<int>();
        Assert.Equal(6, _ingested["photographs"]!.GetValue<int>());
        Assert.InRange(faces, 22, 40);
        Assert.Empty(_ingested["errors"]!.AsObject());

        var again = (await _server.RunAsync("ingest", Models.Samples, "--camera", "album", "--json")).Json;

        Assert.Equal(6, again["replayed"]!.GetValue<int>());
        Assert.Equal(faces, again["faces"]!.GetValue<int>());
        Assert.Equal(faces, (await _server.RunAsync("collections", "show", "default", "--json")).Json["face_count"]!.GetValue<int>());
    }

    [Fact]
    public async Task Ingest_WithFilesThatAreNoPictures_TakesTheRestAndNamesThem()
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty.jpg");
        folder.Write("text.png", "hello"u8);
        File.Copy(Path.Combine(Models.Samples, "sample2.jpg"), Path.Combine(folder.Path, "good.jpg"));

        var result = await _server.RunAsync("ingest", folder.Path, "-c", "mixed", "--json");

        Assert.Equal(ExitCode.Partial, result.ExitCode);
        Assert.Equal(2, result.Json["failed_files"]!.AsArray().Count);
        Assert.Equal(["empty.jpg", "text.png"], result.Json["failed_files"]!.AsArray().Select(file => Path.GetFileName(file!["file"]!.GetValue<string>())).Order());
        Assert.True(result.Json["faces"]!.GetValue<int>() >= 3);
    }

    [Fact]
    public async Task Clusters_ListedAndShown_HoldEveryFaceOnce()
    {
        var clusters = (await _server.RunAsync("clusters", "list", "--json")).Json["clusters"]!.AsArray();
        var sizes = clusters.Select(cluster => cluster!["size"]!.GetValue<int>()).ToArray();
        var members = new List<string>();
        foreach (var cluster in clusters)
        {
            var shown = (await _server.RunAsync("clusters", "show", IdOf(cluster!), "--json")).Json;
            Assert.Equal(cluster!["name"]!.GetValue<string>(), shown["cluster"]!["name"]!.GetValue<string>());
            members.AddRange(shown["faces"]!.AsArray().Select(face => face!["name"]!.GetValue<string>()));
        }

        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Equal(_ingested["faces"]!.GetValue<int>(), sizes.Sum());
        Assert.Equal(sizes.Sum(), members.Distinct().Count());
        Assert.Contains(clusters, cluster => cluster!["size"]!.GetValue<int>() >= 2); // one person is in two photographs
        Assert.Equal(2, (await _server.RunAsync("clusters", "list", "--limit", "2", "--json")).Json["clusters"]!.AsArray().Count);
    }

    [Fact]
    public async Task Identify_AStoredPhotograph_FindsEveryFaceItself()
    {
        var result = await _server.RunAsync("identify", Path.Combine(Models.Samples, "sample3.jpg"), "--json");

        var faces = result.Json["photographs"]![0]!["faces"]!.AsArray();
        Assert.True(faces.Count >= 3);
        Assert.All(faces, face => Assert.InRange(face!["candidates"]![0]!["best_face_similarity"]!.GetValue<double>(), 0.999, 1.001));
    }

    [Fact]
    public async Task Identity_CreatedFromACluster_IsFoundByNameUntilItIsDeleted()
    {
        Assert.Equal(ExitCode.Success, (await RunAsync("ingest", Path.Combine(Models.Samples, "sample1.jpg"), Path.Combine(Models.Samples, "sample3.jpg"))).ExitCode);
        var cluster = (await RunAsync("clusters", "list", "--json", "--limit", "1")).Json["clusters"]![0]!;
        var created = await RunAsync("identity", "create", "ada", "--name", "Ada", "--cluster", IdOf(cluster), "--json");
        Assert.Equal(cluster["size"]!.GetValue<int>(), created.Json["face_count"]!.GetValue<int>());
        Assert.Equal(ExitCode.Refused, (await RunAsync("identity", "create", "ada")).ExitCode);

        var centre = cluster["center_face"]!.GetValue<string>();
        var found = await RunAsync("identify", centre, "--named-only", "--json");
        Assert.Equal("Ada", found.Json["photographs"]![0]!["faces"]![0]!["candidates"]![0]!["display_name"]!.GetValue<string>());
        Assert.Contains("Ada (ada)", (await RunAsync("identify", centre)).Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Usage, (await RunAsync("identity", "delete", "ada")).ExitCode);
        var deleted = await RunAsync("identity", "delete", "ada", "--yes", "--json");
        Assert.Equal(cluster["size"]!.GetValue<int>(), deleted.Json["deleted_faces"]!.GetValue<int>());
        Assert.Equal(ExitCode.NotFound, (await RunAsync("identity", "show", "ada")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await RunAsync("faces", "show", centre)).ExitCode);

        Task<CliResult> RunAsync(params string[] arguments) => _server.RunAsync([.. arguments, "-c", "named"]);
    }

    [Fact]
    public async Task Faces_ListedSearchedAndExplained_AgreeOnTheirClusters()
    {
        var faces = (await _server.RunAsync("faces", "list", "--limit", "0", "--json")).Json["faces"]!.AsArray();
        Assert.Equal(_ingested["faces"]!.GetValue<int>(), faces.Count);

        var linked = faces.First(face => !face!["cluster"]!.GetValue<string>().EndsWith(IdOf(face), StringComparison.Ordinal))!;
        var explained = (await _server.RunAsync("faces", "explain", IdOf(linked), "--json")).Json;
        var hops = explained["path"]!.AsArray();
        Assert.NotEmpty(hops);
        Assert.Equal(explained["center_face"]!.GetValue<string>(), hops[^1]!["parent"]!.GetValue<string>());
        Assert.All(hops, hop => Assert.True(hop!["similarity"]!.GetValue<double>() > hop["threshold"]!.GetValue<double>()));

        var matches = (await _server.RunAsync("search", IdOf(linked), "-k", "3", "--json")).Json["results"]![0]!["matches"]!.AsArray();
        Assert.Equal(3, matches.Count);
        Assert.DoesNotContain(matches, match => match!["face"]!["name"]!.GetValue<string>() == linked["name"]!.GetValue<string>());
        Assert.Equal(hops[0]!["similarity"]!.GetValue<double>(), matches[0]!["similarity"]!.GetValue<double>(), 1e-6);
    }

    [Fact]
    public async Task Verify_OfAPhotographWithItself_IsTheSamePerson()
    {
        var photograph = Path.Combine(Models.Samples, "sample1.jpg");

        var result = await _server.RunAsync("verify", photograph, photograph, "--json");

        Assert.True(result.Json["same_person"]!.GetValue<bool>());
        Assert.Equal(1, result.Json["similarity"]!.GetValue<double>(), 1e-4);
        Assert.Contains("the same person", (await _server.RunAsync("verify", photograph, photograph)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.NotFound, "collection", "clusters", "list", "-c", "nowhere")]
    [InlineData(ExitCode.NotFound, "4be0f3aa6c0d4e0f9a5c1c3b2a190817", "faces", "show", "4be0f3aa6c0d4e0f9a5c1c3b2a190817")]
    [InlineData(ExitCode.Refused, "collection_id", "collections", "create", "Not A Name")]
    [InlineData(ExitCode.Refused, "threshold", "collections", "create", "fine", "--threshold", "3")]
    public async Task Run_WhereTheServerRefuses_PrintsASentenceThatNamesTheCause(int code, string named, params string[] arguments)
    {
        var result = await _server.RunAsync(arguments);

        Assert.Equal(code, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(named, result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal LocalServer Server { get; private set; } = null!;

        internal JsonNode Ingested { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await LocalServer.StartAsync();
            var result = await Server.RunAsync("ingest", Models.Samples, "--camera", "album", "--json");
            Assert.Equal(ExitCode.Success, result.ExitCode);
            Ingested = result.Json;
        }

        public ValueTask DisposeAsync() => Server is null ? default : Server.DisposeAsync();
    }

    private static string IdOf(JsonNode resource) => resource["name"]!.GetValue<string>().Split('/')[^1];
}
