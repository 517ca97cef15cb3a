using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.Cli.Remote;

/// <summary>Waits for operations.</summary>
internal static class OperationWaiting
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The operation when it has ended, however long that takes and though the server restarts meanwhile.</summary>
    /// <param name="connection">The server.</param>
    /// <param name="operation">The operation as it was started.</param>
    /// <param name="progress">Hears of finished steps.</param>
    /// <param name="cancellation">Ends the waiting, not the operation.</param>
    public static async Task<Operation> WaitAsync(
        this ServerConnection connection, Operation operation, IProgress<long> progress, CancellationToken cancellation)
    {
        while (!operation.Done)
        {
            progress.Report(operation.Progress.StepsDone);
            try
            {
                operation = await connection.Operations.WaitOperationAsync(
                    new WaitOperationRequest { Name = operation.Name, Timeout = Duration.FromTimeSpan(Step) },
                    deadline: connection.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(Pause, cancellation);
            }
        }

        progress.Report(operation.Progress.StepsTotal);
        return operation;
    }
}
