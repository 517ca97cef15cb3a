using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Backups;

/// <summary>Backups read and restored through the interface.</summary>
internal static class BackupCalls
{
    /// <summary>A name for a restored collection.</summary>
    public static string NewId() => $"r{Guid.NewGuid():n}";

    /// <summary>Ids of the faces that are not deleted.</summary>
    public static IEnumerable<string> Faces(IEnumerable<BackupPart> parts) => parts
        .Where(part => part.Block is not null)
        .SelectMany(part => part.Block.Items)
        .SelectMany(item => item.Faces)
        .Where(face => !face.Deleted)
        .Select(face => Convert.ToHexStringLower(face.Id.Span));

    /// <summary>A whole backup.</summary>
    public static async Task<List<BackupPart>> ReadAsync(ApiClient api, string collection)
    {
        var parts = new List<BackupPart>();
        using var call = api.Backups.ReadBackup(new ReadBackupRequest { Name = collection });
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            parts.Add(call.ResponseStream.Current);
        }

        Assert.NotNull(parts[^1].Trailer);
        return parts;
    }

    /// <summary>Restores what may be no whole backup.</summary>
    public static async Task<RestoreBackupResponse> RestoreAsync(ApiClient api, string id, IEnumerable<BackupPart> parts)
    {
        using var call = api.Backups.RestoreBackup();
        try
        {
            foreach (var part in parts)
            {
                await call.RequestStream.WriteAsync(new RestoreBackupRequest { CollectionId = id, Part = part });
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The answer says why.
        }

        return await call.ResponseAsync;
    }
}
