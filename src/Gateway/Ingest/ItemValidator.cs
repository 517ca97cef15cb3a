using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using Google.Protobuf.WellKnownTypes;
using RpcStatus = Google.Rpc.Status;
using Wire = FaceCluster.V1;

namespace FaceCluster.Gateway.Ingest;

/// <summary>What is wrong with one item, apart from its picture, which only the decoder can judge.</summary>
internal static class ItemValidator
{
    private const int MaxTrackBytes = 128;

    // A box of a billion pixels is a mistake of the sender, not a face.
    private const float MaxCoordinate = 1_000_000;

    /// <summary>The error of an item, or null; <paramref name="prefix"/> is its place in the request, for instance items[3].</summary>
    public static RpcStatus? Validate(Wire.IngestItem item, string prefix, CollectionInfo collection)
    {
        var violations = new FieldViolations();
        violations.NotNegative($"{prefix}.sequence", item.Sequence).MaxBytes($"{prefix}.track_id", item.TrackId, MaxTrackBytes);
        CheckTime(violations, $"{prefix}.capture_time", item.CaptureTime);
        switch (item.PayloadCase)
        {
            case Wire.IngestItem.PayloadOneofCase.None:
                violations.Add(prefix, "has no payload; one of frame, aligned_crop, face_crop and embedding is needed.");
                break;
            case Wire.IngestItem.PayloadOneofCase.Embedding:
                EmbeddingCheck.Check(violations, $"{prefix}.embedding", item.Embedding, collection);
                break;
            case Wire.IngestItem.PayloadOneofCase.Frame when item.Box is not null:
                violations.Add($"{prefix}.box", "is not allowed with a frame, whose faces are detected; send a crop instead.");
                break;
        }

        if (item.Box is not null)
        {
            CheckBox(violations, $"{prefix}.box", item.Box);
        }

        return violations.Any ? violations.ToStatus() : null;
    }

    private static void CheckBox(FieldViolations violations, string field, Wire.Box box)
    {
        violations.Range($"{field}.left", box.Left, -MaxCoordinate, MaxCoordinate)
            .Range($"{field}.top", box.Top, -MaxCoordinate, MaxCoordinate)
            .Range($"{field}.width", box.Width, float.Epsilon, MaxCoordinate)
            .Range($"{field}.height", box.Height, float.Epsilon, MaxCoordinate);
    }

    private static void CheckTime(FieldViolations violations, string field, Timestamp? time)
    {
        if (time is null)
        {
            return;
        }

        if (time.Seconds is < -62135596800 or > 253402300799 || time.Nanos is < 0 or > 999_999_999)
        {
            violations.Add(field, "is not a time between the years 1 and 9999 with 0 to 999999999 nanoseconds.");
        }
    }
}
