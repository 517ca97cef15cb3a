using FaceCluster.Gateway;
using FaceCluster.Gateway.Access;
using FaceCluster.Gateway.Host;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;

// A gateway by itself: gRPC outside, an Orleans client inside. Options stand in the sections Gateway and GatewayHost of
// the configuration, for instance GatewayHost__SiloGateways__0=10.0.0.7:30000.
var builder = WebApplication.CreateSlimBuilder(args);

// What the configuration says of logging counts; where it says nothing, not every request is worth a line.
((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
{
    InitialData = [new("Logging:LogLevel:Default", "Warning"), new("Logging:LogLevel:FaceCluster", "Information")],
});
var options = builder.Configuration.GetSection(GatewayHostOptions.Section).Get<GatewayHostOptions>() ?? new GatewayHostOptions();
try
{
    var keys = new ConfiguredApiKeyStore(builder.Configuration);
    var keysRequired = await options.CheckExposureAsync(keys);
    builder.Services.AddSingleton<IApiKeyStore>(keys);
    builder.Services.AddFaceClusterGateway(gateway =>
    {
        builder.Configuration.GetSection(GatewayOptions.Section).Bind(gateway);
        gateway.RequireApiKey |= keysRequired;
    });
    var silos = new SiloSearch();
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && !silos.IsStopped);
    builder.Host.UseOrleansClient(client => options.Connect(client, silos));
    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
        kestrel.Listen(options.ParsedAddress, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.Listen(options.ParsedAddress, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
    });
    await using var app = builder.Build();
    app.MapFaceClusterGrpc();
    app.MapFaceClusterDiagnostics();
    if (await silos.StartAsync(app))
    {
        await app.WaitForShutdownAsync();
    }

    return 0;
}
catch (InvalidOperationException exception) when (exception.Data.Contains(GatewayHostOptions.Section))
{
    await Console.Error.WriteLineAsync($"error: {exception.Message}");
    return 1;
}
