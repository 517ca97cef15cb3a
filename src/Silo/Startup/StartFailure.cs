using System.Net.Sockets;
using FaceCluster.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace FaceCluster.Silo.Startup;

/// <summary>Words the failures of a start that an operator can do something about.</summary>
internal static class StartFailure
{
    public static Exception Explain(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        ServerStartException => exception,
        OperationCanceledException when cancellationToken.IsCancellationRequested => exception,
        OperationCanceledException => new ServerStartException("The start was interrupted or took too long; start the server again.", exception),
        OptionsValidationException invalid => new ServerStartException(string.Join(' ', invalid.Failures), exception),
        StorageException storage => new ServerStartException($"The data cannot be opened: {storage.Message}", exception),
        IOException { InnerException: AddressInUseException } inUse => new ServerStartException($"{inUse.Message} Choose another port.", exception),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => new ServerStartException("A port is in use by another program; choose another one.", exception),
        _ => new ServerStartException($"The server could not start: {exception.Message}", exception),
    };
}
