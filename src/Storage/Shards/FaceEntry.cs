using FaceCluster.Core;

namespace FaceCluster.Storage;

/// <summary>Where a face lies in its picture, in pixels of the picture as it was received.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Top edge.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
public readonly record struct EntryBox(float X, float Y, float Width, float Height);

/// <summary>What the store holds of a face.</summary>
public enum FaceState : byte
{
    /// <summary>The face has a raw embedding.</summary>
    Stored = 0,

    /// <summary>The face was found but refused, see <see cref="FaceEntry.Reason"/>; it has no embedding.</summary>
    Refused = 1,

    /// <summary>The face was deleted. Only its id is left, so that a repeat of its item is still answered.</summary>
    Deleted = 2,
}

/// <summary>One face of an item. The raw embedding is kept apart, in <see cref="ItemBlock.Embeddings"/>.</summary>
/// <param name="Id">The face; never <see cref="FaceId.None"/>.</param>
/// <param name="Box">Where it lies, where that is known.</param>
/// <param name="DetectionScore">Score of the detector, 0..1; 1 where no detector ran.</param>
/// <param name="Magnitude">Euclidean length of the raw embedding, which is its confidence; 0 without an embedding.</param>
/// <param name="State">Whether the face has an embedding.</param>
/// <param name="Reason">Why it is refused or marked; 0 for no reason. The meaning belongs to the caller.</param>
public readonly record struct FaceEntry(
    FaceId Id,
    EntryBox? Box,
    float DetectionScore,
    float Magnitude,
    FaceState State = FaceState.Stored,
    byte Reason = 0);
