using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Gateway.Access;
using FaceCluster.Silo;
using FaceCluster.Silo.Access;
using FaceCluster.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace FaceCluster.EndToEnd.Tests.Access;

public sealed class AccessTests
{
    [Fact]
    public async Task Address_other_than_loopback_is_refused_without_a_key()
    {
        using var folder = new TemporaryFolder();
        var exception = await Assert.ThrowsAsync<ServerStartException>(() =>
            FaceClusterServer.StartAsync(TestServer.Options(folder.Path, options => options.Address = "0.0.0.0"), TestContext.Current.CancellationToken));
        Assert.Contains("API key", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_other_than_loopback_with_the_insecure_flag_serves_and_says_so()
    {
        var log = new LogLines();
        await using var server = await TestServer.StartAsync(configure: options =>
        {
            options.Address = "0.0.0.0";
            options.Insecure = true;
            options.ConfigureLogging = log.AddTo;
        });
        using var api = new ApiClient(new Uri($"http://127.0.0.1:{server.GrpcAddress.Port}"));
        await api.Server.GetServerInfoAsync(new GetServerInfoRequest());
        Assert.Contains(log.Lines, line => line.Contains("INSECURE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_once_there_are_needed_by_scope_and_revoked_ones_stop_working()
    {
        using var folder = new TemporaryFolder();
        string read, write, admin, readId;
        await using (var keys = await DataDirectoryKeys.OpenAsync(folder.Path, TestContext.Current.CancellationToken))
        {
            (var key, read) = await keys.Manager.CreateAsync("reader", ApiScopes.Read, TestContext.Current.CancellationToken);
            readId = key.Id;
            (_, write) = await keys.Manager.CreateAsync("camera", ApiScopes.Write, TestContext.Current.CancellationToken);
            (_, admin) = await keys.Manager.CreateAsync("operator", ApiScopes.Admin, TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain(read, await ReadAllAsync(folder.Path), StringComparison.Ordinal);
        await using var server = await TestServer.StartAsync(folder.Path);
        await ExpectedError.FailsAsync(StatusCode.Unauthenticated, ErrorReason.Unauthenticated, () => ListAsync(null));
        await ExpectedError.FailsAsync(StatusCode.Unauthenticated, ErrorReason.Unauthenticated, () => ListAsync("nosuch"));
        await ExpectedError.FailsAsync(StatusCode.Unauthenticated, ErrorReason.Unauthenticated, () => ListAsync(read[..^1] + (read[^1] == 'A' ? 'B' : 'A')));
        await ListAsync(read);
        await ListAsync(admin);
        await ExpectedError.FailsAsync(StatusCode.PermissionDenied, ErrorReason.ScopeMissing, () => ListAsync(write));
        await ExpectedError.FailsAsync(StatusCode.PermissionDenied, ErrorReason.ScopeMissing, () => SendAsync(read));
        await ExpectedError.FailsAsync(StatusCode.PermissionDenied, ErrorReason.ScopeMissing, () => CreateAsync(write));
        await SendAsync(write);
        await CreateAsync(admin);
        using (var open = new ApiClient(server.GrpcAddress))
        {
            var health = await new Health.HealthClient(open.Invoker).CheckAsync(new HealthCheckRequest());
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        }

        await using (var keys = await DataDirectoryKeys.OpenAsync(folder.Path, TestContext.Current.CancellationToken))
        {
            Assert.True(await keys.Manager.RevokeAsync(readId, TestContext.Current.CancellationToken));
            Assert.False(await keys.Manager.RevokeAsync(readId, TestContext.Current.CancellationToken));
            Assert.Equal(["camera", "operator"], (await keys.Manager.ListAsync(TestContext.Current.CancellationToken)).Select(key => key.Name));
        }

        await Task.Delay(ApiKeyAuthenticator.RefreshPeriod, TestContext.Current.CancellationToken);
        await ExpectedError.FailsAsync(StatusCode.Unauthenticated, ErrorReason.Unauthenticated, () => ListAsync(read));

        Task ListAsync(string? key) => CallAsync(key, api => api.Collections.ListCollectionsAsync(new ListCollectionsRequest()).ResponseAsync);
        Task SendAsync(string key) => CallAsync(key, api => api.SendAsync("collections/default", "door", Embeddings.Item(1, new Embeddings(1).Person())));
        Task CreateAsync(string key) => CallAsync(key, api => api.NewCollectionAsync());

        async Task CallAsync(string? key, Func<ApiClient, Task> call)
        {
            using var api = new ApiClient(server.GrpcAddress, key);
            await call(api);
        }
    }

    private static async Task<string> ReadAllAsync(string folder)
    {
        var text = new System.Text.StringBuilder();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            text.Append(System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        }

        return text.ToString();
    }
}
