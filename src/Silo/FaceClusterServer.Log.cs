namespace FaceCluster.Silo;

public sealed partial class FaceClusterServer
{
    [LoggerMessage(1, LogLevel.Information, "Serving gRPC on {Address}, data in {DataDirectory}")]
    private static partial void LogServing(ILogger logger, Uri? address, string dataDirectory);

    [LoggerMessage(2, LogLevel.Warning, "INSECURE: {Address} is not loopback and no API key exists; everybody who reaches it can read, change and delete faces")]
    private static partial void LogInsecure(ILogger logger, string address);
}
