namespace FaceCluster.Storage;

/// <summary>What a camera sent as an item.</summary>
public enum EntrySource : byte
{
    /// <summary>A whole frame in which faces were searched.</summary>
    Frame = 0,

    /// <summary>One aligned crop.</summary>
    Crop = 1,

    /// <summary>A ready embedding.</summary>
    Embedding = 2,

    /// <summary>A picture enrolled for an identity.</summary>
    Enrolment = 3,
}

/// <summary>Why an item as a whole was refused.</summary>
/// <param name="Reason">Stable reason in upper snake case, as it goes out on the wire.</param>
/// <param name="Message">One sentence for a person.</param>
public sealed record ItemRefusal(string Reason, string Message);

/// <summary>
/// One item of a camera with everything its acknowledgement said. It stays after its faces are deleted, because a
/// repeat of (camera, <see cref="Sequence"/>) is answered from it.
/// </summary>
public sealed record ItemEntry
{
    /// <summary>Sequence number given by the camera; with the camera it is the key of the item.</summary>
    public required long Sequence { get; init; }

    /// <summary>Capture time in microseconds since 1970-01-01 UTC.</summary>
    public required long CapturedAtMicros { get; init; }

    /// <summary>Digest of the payload, to tell a repeat from a reused sequence number.</summary>
    public required ulong PayloadDigest { get; init; }

    /// <summary>What the camera sent.</summary>
    public EntrySource Source { get; init; }

    /// <summary>Track within the camera, where the sender knows it.</summary>
    public string? TrackId { get; init; }

    /// <summary>Why the item was refused; <see langword="null"/> for an accepted one.</summary>
    public ItemRefusal? Refusal { get; init; }

    /// <summary>Numbers skipped since the highest earlier sequence number of the camera, as first answered.</summary>
    public long GapBefore { get; init; }

    /// <summary>Faces found beyond the limit of faces per frame, and therefore not stored.</summary>
    public int FacesOverLimit { get; init; }

    /// <summary>The faces found, by index; often empty.</summary>
    public IReadOnlyList<FaceEntry> Faces { get; init; } = [];
}
