using FaceCluster.Grains;
using Google.Protobuf;
using RpcStatus = Google.Rpc.Status;
using Wire = FaceCluster.V1;

namespace FaceCluster.Gateway.Ingest;

/// <summary>An item on its way from the request to its acknowledgement.</summary>
internal sealed class PendingItem(Wire.IngestItem item, int blockIndex)
{
    public Wire.IngestItem Item { get; } = item;

    public int BlockIndex { get; } = blockIndex;

    public ulong Digest { get; init; }

    /// <summary>Why the item was refused, or null.</summary>
    public RpcStatus? Error { get; set; }

    /// <summary>The faces to store, and their embeddings in the same order.</summary>
    public IReadOnlyList<FaceObservation> Faces { get; set; } = [];

    public IReadOnlyList<ReadOnlyMemory<byte>> Embeddings { get; set; } = [];

    public int FacesOverLimit { get; set; }

    /// <summary>Faces of the picture that cannot be stored.</summary>
    public IReadOnlyList<RefusedFace> Refused { get; private set; } = [];

    /// <summary>What the shard said.</summary>
    public ItemAnswer? Answer { get; set; }

    public string Revision { get; set; } = string.Empty;

    /// <summary>The earlier item of the same block that this one repeats, or null.</summary>
    public PendingItem? RepeatOf { get; set; }

    /// <summary>Still to be stored.</summary>
    public bool IsOpen => Error is null && Answer is null && RepeatOf is null;

    /// <summary>The picture of the item, how to read it and its field, or null where it carries an embedding.</summary>
    public (ByteString Encoded, PictureKind Kind, string Field)? Picture => Item.PayloadCase switch
    {
        Wire.IngestItem.PayloadOneofCase.Frame => (Item.Frame, PictureKind.Frame, "frame"),
        Wire.IngestItem.PayloadOneofCase.AlignedCrop => (Item.AlignedCrop, PictureKind.AlignedCrop, "aligned_crop"),
        Wire.IngestItem.PayloadOneofCase.FaceCrop => (Item.FaceCrop, PictureKind.WholeImage, "face_crop"),
        _ => null,
    };

    /// <summary>Takes over what was found in the item's picture.</summary>
    public void Take(PictureAnswer answer)
    {
        // What the camera says of a crop counts more than the crop's own edges.
        var given = Acknowledgements.FromWire(Item.Box);
        Faces = [.. answer.Faces.Select(face => new FaceObservation { Box = given ?? face.Box, DetectionScore = face.DetectionScore })];
        Embeddings = [.. answer.Faces.Select(face => face.Embedding)];
        FacesOverLimit = answer.FacesOverLimit;
        Refused = answer.Refused;
    }
}
