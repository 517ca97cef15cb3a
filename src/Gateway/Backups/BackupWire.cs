using FaceCluster.Core;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Gateway.Backups;

/// <summary>Blocks of a backup on the wire and as the shards take them.</summary>
internal static class BackupWire
{
    public static BackupBlock ToWire(int shard, StoredBlock block) => new()
    {
        Shard = shard,
        Camera = block.Camera,
        Items = { block.Items.Select(ToWire) },
        Embeddings = UnsafeByteOperations.UnsafeWrap(block.Embeddings),
    };

    /// <summary>Null where an id is not one.</summary>
    public static StoredBlock? FromWire(BackupBlock block)
    {
        var items = new StoredItem[block.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var item = block.Items[i];
            var faces = new StoredFace[item.Faces.Count];
            for (var f = 0; f < faces.Length; f++)
            {
                if (Id(item.Faces[f].Id) is not { } id)
                {
                    return null;
                }

                faces[f] = FromWire(item.Faces[f], id);
            }

            items[i] = new StoredItem
            {
                Item = new Grains.IngestItem
                {
                    Sequence = item.Sequence,
                    CaptureTimeMicros = item.CaptureTimeMicros,
                    TrackId = item.TrackId.Length > 0 ? item.TrackId : null,
                    PayloadDigest = item.PayloadDigest,
                    Source = (ItemSource)item.Source,
                    FacesOverLimit = item.FacesOverLimit,
                },
                GapBefore = item.GapBefore,
                Faces = faces,
            };
        }

        return new StoredBlock { Camera = block.Camera, Items = items, Embeddings = block.Embeddings.Memory };
    }

    public static ByteString Bytes(FaceId id)
    {
        var bytes = new byte[FaceId.Size];
        id.Write(bytes);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static FaceId? Id(ByteString bytes) =>
        bytes.Length == FaceId.Size && FaceId.Read(bytes.Span) is { IsNone: false } id ? id : null;

    private static BackupItem ToWire(StoredItem stored) => new()
    {
        Sequence = stored.Item.Sequence,
        CaptureTimeMicros = stored.Item.CaptureTimeMicros,
        PayloadDigest = stored.Item.PayloadDigest,
        Source = (int)stored.Item.Source,
        TrackId = stored.Item.TrackId ?? string.Empty,
        GapBefore = stored.GapBefore,
        FacesOverLimit = stored.Item.FacesOverLimit,
        Faces =
        {
            stored.Faces.Select(face => new BackupFace
            {
                Id = Bytes(face.Id),
                Box = face.Box is { } box ? new Box { Left = box.Left, Top = box.Top, Width = box.Width, Height = box.Height } : null,
                DetectionScore = face.DetectionScore,
                Magnitude = face.Magnitude,
                Deleted = face.Deleted,
            }),
        },
    };

    private static StoredFace FromWire(BackupFace face, FaceId id) => face.Deleted
        ? new StoredFace { Id = id, Deleted = true }
        : new StoredFace
        {
            Id = id,
            Box = face.Box is { } box ? new FaceBox(box.Left, box.Top, box.Width, box.Height) : null,
            DetectionScore = face.DetectionScore,
            Magnitude = face.Magnitude,
        };
}
