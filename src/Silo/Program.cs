using FaceCluster.Silo;

// A server by itself, for containers: every option stands in the section Server of the configuration, for instance
// Server__DataDirectory=/data or --Server:DataDirectory /data. The command line tool offers the same with help.
var configuration = new ConfigurationBuilder()
    .AddJsonFile("appsettings.json", optional: true)
    .AddEnvironmentVariables()
    .AddCommandLine(args)
    .Build();
var options = configuration.GetSection(FaceClusterServerOptions.Section).Get<FaceClusterServerOptions>() ?? new FaceClusterServerOptions();
options.ConfigureGateway = gateway => configuration.GetSection(FaceCluster.Gateway.GatewayOptions.Section).Bind(gateway);
try
{
    await using var server = await FaceClusterServer.StartAsync(options);
    if (server.ServesGrpc)
    {
        await Console.Out.WriteLineAsync($"grpc {server.GrpcAddress}");
    }

    if (server.HttpAddress is { } http)
    {
        await Console.Out.WriteLineAsync($"http {http}");
    }

    await server.WaitForShutdownAsync();
    return 0;
}
catch (ServerStartException exception)
{
    await Console.Error.WriteLineAsync($"error: {exception.Message}");
    return 1;
}
