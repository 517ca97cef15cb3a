using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Backups;

/// <summary>The wire form of backups.</summary>
internal sealed class BackupGrpcService(BackupReading reading, BackupRestoring restoring) : BackupService.BackupServiceBase
{
    public override Task ReadBackup(ReadBackupRequest request, IServerStreamWriter<BackupPart> responseStream, ServerCallContext context) =>
        reading.ReadAsync(request, responseStream, context);

    public override Task<RestoreBackupResponse> RestoreBackup(IAsyncStreamReader<RestoreBackupRequest> requestStream, ServerCallContext context) =>
        restoring.RestoreAsync(requestStream, context);
}
