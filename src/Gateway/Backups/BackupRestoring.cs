using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.Gateway.Backups;

/// <summary>
/// Puts the parts of a backup into a new collection, which is deleted again unless all of it arrives: by this class where it
/// can, by the catalog where this process dies.
/// </summary>
internal sealed class BackupRestoring(IGrainFactory grains, CollectionDirectory collections, SettingsReader settings, FaceDeletion revisions, FaceReader reader, TimeProvider time)
{
    private const int BlocksUnderWay = 16;
    private static readonly TimeSpan Keeping = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task<RestoreBackupResponse> RestoreAsync(IAsyncStreamReader<RestoreBackupRequest> parts, ServerCallContext context)
    {
        var collection = await CreateAsync(parts, context.CancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var keeping = KeepAsync(collection, ending);
        var restored = false;
        try
        {
            var counts = await FillAsync(collection, parts, ending.Token);
            if (!await GrainCalls.RepeatAsync(() => Catalog.EndRestoring(collection.Name, collection.Uid), ending.Token))
            {
                throw GivenUp();
            }

            var response = new RestoreBackupResponse
            {
                Collection = new Collection
                {
                    Name = ResourceNames.Collection(collection.Name),
                    Settings = SettingsReader.ToWire(collection),
                    CreateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(collection.CreatedMicros * TimeSpan.TicksPerMicrosecond)),
                },
                Items = counts.Items,
                Faces = counts.Faces,
                Identities = counts.Identities,
                Revision = await revisions.RevisionAsync(collection),
            };
            restored = true;
            return response;
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw GivenUp();
        }
        finally
        {
            await ending.CancelAsync();
            await keeping;
            if (!restored)
            {
                collections.Forget(collection.Name);
                await Catalog.Delete(collection.Name);
            }
        }
    }

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(0);

    private static RpcException GivenUp() => ApiError.Exception(
        StatusCode.Unavailable, ErrorReason.Unavailable, "The server did not hear of the restore for too long and deleted its collection; repeat the restore.");

    /// <summary>Tells the catalog that the restore goes on; ends the restore where its collection is gone.</summary>
    private async Task KeepAsync(CollectionInfo collection, CancellationTokenSource ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await Task.Delay(Keeping, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!ending.IsCancellationRequested && !await Catalog.KeepRestoring(collection.Name, collection.Uid))
                {
                    await ending.CancelAsync();
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The catalog is on its way to another silo, or away: told again in a moment.
            }
        }
    }

    private async Task<CollectionInfo> CreateAsync(IAsyncStreamReader<RestoreBackupRequest> parts, CancellationToken cancellationToken)
    {
        var first = await parts.MoveNext(cancellationToken) ? parts.Current : new RestoreBackupRequest();
        var violations = new FieldViolations();
        ResourceNames.CheckId(violations, "collection_id", first.CollectionId);
        var header = first.Part?.Header;
        if (header is null)
        {
            violations.Add("part", "is not a header; the first part of a backup is its header.");
        }
        else
        {
            violations.Range("part.header.format", header.Format, 1, BackupReading.Format);
            SettingsReader.Check(violations, "part.header.collection.settings", header.Collection?.Settings);
        }

        violations.ThrowIfAny();
        var wire = header!.Collection?.Settings;
        var wanted = await settings.ReadAsync(wire);
        if (wire is { Dimension: > 0 })
        {
            // The vectors decide, also where this server does not have the model.
            wanted = wanted with { Dimension = wire.Dimension };
        }

        try
        {
            return await Catalog.CreateRestoring(first.CollectionId, wanted);
        }
        catch (DomainException exception) when (exception.Status == DomainStatus.AlreadyExists)
        {
            throw ApiError.Exception(
                StatusCode.AlreadyExists, ErrorReason.CollectionExists, $"{ResourceNames.Collection(first.CollectionId)} exists already.");
        }
    }

    private async Task<BackupTrailer> FillAsync(CollectionInfo collection, IAsyncStreamReader<RestoreBackupRequest> parts, CancellationToken cancellationToken)
    {
        var counts = new BackupTrailer();
        BackupTrailer? trailer = null;
        var underWay = new Queue<Task<int>>();
        try
        {
            while (trailer is null && await parts.MoveNext(cancellationToken))
            {
                var part = parts.Current.Part;
                switch (part?.PartCase)
                {
                    case BackupPart.PartOneofCase.Block:
                        counts.Items += part.Block.Items.Count;
                        counts.DeletedFaces += part.Block.Items.Sum(static item => item.Faces.Count(static face => face.Deleted));
                        underWay.Enqueue(AppendAsync(collection, part.Block, cancellationToken));
                        while (underWay.Count >= BlocksUnderWay)
                        {
                            counts.Faces += await underWay.Dequeue();
                        }

                        break;
                    case BackupPart.PartOneofCase.Identity:
                        while (underWay.TryDequeue(out var block))
                        {
                            counts.Faces += await block;
                        }

                        await EnrolAsync(collection, part.Identity);
                        counts.Identities++;
                        break;
                    case BackupPart.PartOneofCase.Trailer:
                        trailer = part.Trailer;
                        break;
                    default:
                        throw Refuse("part", "is neither a block, an identity nor a trailer.");
                }
            }
        }
        finally
        {
            // None may write into a collection that is deleted again.
            await ((Task)Task.WhenAll(underWay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        while (underWay.TryDequeue(out var block))
        {
            counts.Faces += await block;
        }

        return counts.Equals(trailer)
            ? counts
            : throw Refuse("part.trailer", "is missing, or its counts are not those of the parts: the backup is not whole.");
    }

    private async Task<int> AppendAsync(CollectionInfo collection, BackupBlock wire, CancellationToken cancellationToken)
    {
        var violations = new FieldViolations();
        ResourceNames.CheckCamera(violations, "part.block.camera", wire.Camera);
        violations.ThrowIfAny();
        var block = BackupWire.FromWire(wire) ?? throw Refuse("part.block.items.faces.id", "is not a face id: 16 bytes that are not all zero.");
        while (true)
        {
            try
            {
                return await collections.RoutedAsync(collection, current =>
                {
                    var shard = grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, current.ShardOf(wire.Camera)));
                    return GrainCalls.RepeatAsync(() => shard.Restore(block, cancellationToken), cancellationToken).AsTask();
                });
            }
            catch (DomainException exception) when (exception.Status == DomainStatus.ResourceExhausted)
            {
                // Linking or the disk is behind: the stream waits with it.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task EnrolAsync(CollectionInfo collection, BackupIdentity part)
    {
        var name = part.Identity?.Name ?? string.Empty;
        var violations = new FieldViolations();
        Identities.IdentityFields.Check(violations, "part.identity.identity", part.Identity);
        violations.ThrowIfAny();
        var faces = new List<FaceId>(part.Faces.Count);
        foreach (var bytes in part.Faces)
        {
            faces.Add(BackupWire.Id(bytes) ?? throw Refuse("part.identity.faces", "holds something else than face ids of 16 bytes."));
        }

        var gallery = grains.GetGrain<IGalleryGrain>(collection.Name);
        var id = name[(name.LastIndexOf('/') + 1)..];
        await gallery.Create(id, part.Identity!.DisplayName, new Dictionary<string, string>(part.Identity.Labels));
        if (faces.Count > 0)
        {
            await gallery.Enrol(id, await ExistingAsync(collection, faces));
        }
    }

    /// <summary>A face that was enrolled after the backup's revision is not in it.</summary>
    private async Task<IReadOnlyList<FaceId>> ExistingAsync(CollectionInfo collection, List<FaceId> faces)
    {
        var found = await reader.RecordsAsync(collection, faces, withEmbedding: false);
        return [.. found.Select(static record => record.Id)];
    }

    private static RpcException Refuse(string field, string description) => ApiError.FieldException(ErrorReason.InvalidField, field, description);
}
