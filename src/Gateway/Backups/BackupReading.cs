using System.Runtime.CompilerServices;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Identities;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.Gateway.Backups;

/// <summary>
/// Reads a collection out as of one revision. The positions of all shards are taken first; each shard then delivers its
/// records up to its position, whatever is written after it.
/// </summary>
internal sealed class BackupReading(IGrainFactory grains, CollectionDirectory collections, TimeProvider time)
{
    public const int Format = 1;
    private const int IdentitiesPerCall = 100;

    public async Task ReadAsync(ReadBackupRequest request, IServerStreamWriter<BackupPart> parts, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var positions = await collections.RoutedAsync(collection, current =>
        {
            collection = current;
            return Task.WhenAll(current.Shards.Order().Select(async shard =>
                new ShardRevision(shard, (await Shard(current, shard).Status()).LastLsn)));
        });
        await parts.WriteAsync(new BackupPart { Header = Header(collection, positions) }, context.CancellationToken);
        var trailer = new BackupTrailer();
        foreach (var position in positions)
        {
            await foreach (var block in StoredAsync(collection, position, context.CancellationToken))
            {
                trailer.Items += block.Items.Count;
                foreach (var item in block.Items)
                {
                    var deleted = item.Faces.Count(static face => face.Deleted);
                    trailer.DeletedFaces += deleted;
                    trailer.Faces += item.Faces.Count - deleted;
                }

                await parts.WriteAsync(new BackupPart { Block = BackupWire.ToWire(position.Shard, block) }, context.CancellationToken);
            }
        }

        await IdentitiesAsync(collection, parts, trailer, context.CancellationToken);
        await parts.WriteAsync(new BackupPart { Trailer = trailer }, context.CancellationToken);
    }

    /// <summary>What a shard holds; ABORTED where it was split since its position was taken, or moved while it was read.</summary>
    private async IAsyncEnumerable<StoredBlock> StoredAsync(
        CollectionInfo collection, ShardRevision position, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var blocks = Shard(collection, position.Shard).ReadStored(position.Lsn, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            bool more;
            try
            {
                more = await blocks.MoveNextAsync();
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // An activation that ends takes the readings of its store with it.
                var ended = exception is EnumerationAbortedException or OperationCanceledException;
                if (ended || (await collections.RefreshAsync(collection.Name)).Map.FindRetired(position.Shard) is not null)
                {
                    throw ApiError.Exception(
                        StatusCode.Aborted, ErrorReason.ShardsChanged, "A shard was split or moved while the collection was read out; repeat the call.");
                }

                throw;
            }

            if (!more)
            {
                yield break;
            }

            yield return blocks.Current;
        }
    }

    private BackupHeader Header(CollectionInfo collection, ShardRevision[] positions) => new()
    {
        Format = Format,
        Collection = new Collection
        {
            Name = ResourceNames.Collection(collection.Name),
            Settings = SettingsReader.ToWire(collection),
            CreateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(collection.CreatedMicros * TimeSpan.TicksPerMicrosecond)),
        },
        Positions = { positions.Select(position => new ShardPosition { Shard = position.Shard, Lsn = position.Lsn }) },
        Revision = RevisionToken.Encode(collection.Uid, positions),
        CreateTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
    };

    private async Task IdentitiesAsync(
        CollectionInfo collection, IServerStreamWriter<BackupPart> parts, BackupTrailer trailer, CancellationToken cancellationToken)
    {
        var gallery = grains.GetGrain<IGalleryGrain>(collection.Name);
        string? after = null;
        while (await gallery.List(after, IdentitiesPerCall) is { Count: > 0 } page)
        {
            foreach (var identity in page)
            {
                trailer.Identities++;
                await parts.WriteAsync(
                    new BackupPart
                    {
                        Identity = new BackupIdentity
                        {
                            Identity = IdentityFields.ToWire(collection.Name, identity),
                            Faces = { identity.Faces.Select(BackupWire.Bytes) },
                        },
                    },
                    cancellationToken);
            }

            after = page[^1].Id;
        }
    }

    private IShardGrain Shard(CollectionInfo collection, int shard) => grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, shard));
}
