using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Ingest;

/// <summary>Words the answers of shards for the wire.</summary>
internal static class Acknowledgements
{
    public static ItemAcknowledgement Of(string collection, string camera, PendingItem item)
    {
        var acknowledgement = new ItemAcknowledgement { Camera = camera, Sequence = item.Item.Sequence, BlockIndex = item.BlockIndex };
        if (item.Error is not null)
        {
            acknowledgement.Error = item.Error;
            return acknowledgement;
        }

        var answer = item.Answer!;
        if (answer.Status == ItemStatus.SequenceReused)
        {
            acknowledgement.Error = SequenceReused(answer.Sequence);
            return acknowledgement;
        }

        acknowledgement.Replayed = answer.Status == ItemStatus.Repeated;
        acknowledgement.SkippedSequences = answer.GapBefore;
        acknowledgement.FacesOverLimit = answer.FacesOverLimit;
        acknowledgement.Revision = item.Revision;
        foreach (var face in answer.Faces)
        {
            acknowledgement.Faces.Add(new AcknowledgedFace
            {
                Name = ResourceNames.Face(collection, face.Id),
                Box = ToWire(face.Box),
                Quality = new Quality { Magnitude = face.Magnitude, DetectionScore = face.DetectionScore },
                LowQuality = face.LowQuality,
                Deleted = face.Deleted,
            });
        }

        foreach (var face in item.Refused)
        {
            acknowledgement.Faces.Add(new AcknowledgedFace
            {
                Box = ToWire(face.Box),
                Quality = new Quality { DetectionScore = face.DetectionScore },
                Refusal = ToWire(face.Reason),
            });
        }

        return acknowledgement;
    }

    public static FaceRefusal ToWire(RefusedFaceReason reason) =>
        reason == RefusedFaceReason.TooSmall ? FaceRefusal.TooSmall : FaceRefusal.InvalidEmbedding;

    public static RpcStatus SequenceReused(long sequence) => ApiError.Field(
        ErrorReason.SequenceReused,
        "sequence",
        $"{sequence} was used by this camera for another payload; nothing was stored. A camera that starts anew goes on after its highest number, or takes another name.",
        StatusCode.AlreadyExists);

    public static Box? ToWire(FaceBox? box) =>
        box is { } b ? new Box { Left = b.Left, Top = b.Top, Width = b.Width, Height = b.Height } : null;

    public static FaceBox? FromWire(Box? box) =>
        box is null ? null : new FaceBox(box.Left, box.Top, box.Width, box.Height);
}
