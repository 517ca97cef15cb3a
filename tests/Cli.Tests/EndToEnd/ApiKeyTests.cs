using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Tests.Infrastructure;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class ApiKeyTests
{
    [Fact]
    public async Task Keys_CreatedListedAndRevoked_ShowTheSecretOnce()
    {
        using var data = new TemporaryFolder();
        var created = await Infrastructure.Cli.RunAsync("keys", "create", "desk", "--scope", "read", "--data", data.Path, "--json");
        var (id, token) = (created.Json["id"]!.GetValue<string>(), created.Json["token"]!.GetValue<string>());

        var listed = await Infrastructure.Cli.RunAsync("keys", "list", "--data", data.Path, "--json");
        Assert.Equal("desk", listed.Json["keys"]![0]!["name"]!.GetValue<string>());
        Assert.DoesNotContain(token, listed.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, (await Infrastructure.Cli.RunAsync("keys", "revoke", id, "--data", data.Path)).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await Infrastructure.Cli.RunAsync("keys", "revoke", id, "--data", data.Path)).ExitCode);
        Assert.Empty((await Infrastructure.Cli.RunAsync("keys", "list", "--data", data.Path, "--json")).Json["keys"]!.AsArray());
        Assert.Equal(ExitCode.Usage, (await Infrastructure.Cli.RunAsync("keys", "create", "desk", "--data", data.Path)).ExitCode);
    }

    [Fact]
    public async Task Commands_AgainstAServerReachedWithAKey_NeedIt()
    {
        var token = "";
        await using var server = await LocalServer.StartAsync(inference: false, async data =>
            token = (await Infrastructure.Cli.RunAsync("keys", "create", "desk", "--scope", "read", "--data", data)).Output.Trim());

        Assert.Equal(ExitCode.NotPermitted, (await server.RunAsync("collections", "list")).ExitCode);
        Assert.Equal(ExitCode.NotPermitted, (await server.RunAsync("collections", "list", "--api-key", "wrong")).ExitCode);
        Assert.Equal(ExitCode.Success, (await server.RunAsync("collections", "list", "--api-key", token)).ExitCode);

        var refused = await server.RunAsync("collections", "create", "holidays", "--api-key", token);
        Assert.Equal(ExitCode.NotPermitted, refused.ExitCode);
        Assert.Contains("SCOPE_MISSING", refused.Error, StringComparison.Ordinal);
    }
}
