using System.Globalization;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Gateway.Operations;

/// <summary>The wire form of operations.</summary>
internal static class OperationWire
{
    private static readonly string[] NotCovered =
    [
        "Backups and exports made before: delete them, or erase again after restoring one.",
        "Blocks of the disk that held files which are deleted now: encrypt the disk where that matters.",
        "Logs that a database server writes for its own recovery and replication: its operator decides how long they are kept.",
        "The ids of the faces, which are digests of collection, camera, sequence number and index: they stay, so that the items are not stored again.",
    ];

    public static Operation ToWire(string collection, ErasureInfo erasure)
    {
        var name = ResourceNames.Operation(collection, erasure.Id);
        var operation = new Operation
        {
            Name = name,
            Done = erasure.Phase == ErasurePhase.Done,
            Progress = new OperationProgress
            {
                Phase = erasure.Phase switch
                {
                    ErasurePhase.Deleting => OperationProgress.Types.Phase.Deleting,
                    ErasurePhase.Rewriting => OperationProgress.Types.Phase.Rewriting,
                    ErasurePhase.Scrubbing => OperationProgress.Types.Phase.Scrubbing,
                    _ => OperationProgress.Types.Phase.Done,
                },
                StepsDone = erasure.StepsDone,
                StepsTotal = erasure.Steps,
                CreateTime = Time(erasure.CreatedMicros),
                LastFailure = erasure.LastFailure ?? string.Empty,
            },
        };
        if (operation.Done)
        {
            operation.ErasureReceipt = Receipt(name, erasure);
        }

        return operation;
    }

    private static ErasureReceipt Receipt(string name, ErasureInfo erasure)
    {
        var receipt = new ErasureReceipt
        {
            Operation = name,
            RequestedFaces = erasure.RequestedFaces,
            ErasedFaces = erasure.FoundFaces,
            ErasedIdentities = erasure.Identities,
            FacesSha256 = erasure.FacesSha256,
            StartTime = Time(erasure.CreatedMicros),
            FinishTime = Time(erasure.FinishedMicros),
        };
        receipt.Places.Add(new ErasedPlace
        {
            Place = "memory",
            What = "vectors and their codes, boxes, links, candidate lists of other faces, cluster places, identities and templates",
            FinishTime = Time(erasure.DeletedMicros),
        });
        for (var i = 0; i < erasure.ShardsRewrittenMicros.Count; i++)
        {
            receipt.Places.Add(new ErasedPlace
            {
                Place = string.Create(CultureInfo.InvariantCulture, $"shard {erasure.RewrittenShards?[i] ?? i}"),
                What = "embeddings, boxes and links in log and snapshot",
                FinishTime = Time(erasure.ShardsRewrittenMicros[i]),
            });
        }

        receipt.Places.Add(new ErasedPlace
        {
            Place = "metadata",
            What = "identities, templates and the erasure's own list of faces",
            FinishTime = Time(erasure.FinishedMicros),
        });
        receipt.NotCovered.AddRange(NotCovered);
        return receipt;
    }

    private static Timestamp Time(long micros) =>
        Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond));
}
