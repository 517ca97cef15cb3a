using Microsoft.Extensions.Logging;

namespace FaceCluster.Gateway.Errors;

internal sealed partial class ErrorMapper
{
    [LoggerMessage(1, LogLevel.Error, "Unexpected failure {ErrorId}")]
    private partial void LogDefect(string errorId, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "A grain could not be reached")]
    private partial void LogUnavailable(Exception exception);
}
