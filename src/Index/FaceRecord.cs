using FaceCluster.Core;

namespace FaceCluster.Index;

/// <summary>What the index keeps beside a vector.</summary>
/// <param name="Id">The face.</param>
/// <param name="Magnitude">Euclidean length of the raw embedding, finite and positive: the first part of the rank.</param>
/// <param name="Camera">Ordinal of the camera within its collection, chosen by the caller; only filters read it.</param>
/// <param name="CaptureTime">Capture time in a unit chosen by the caller (ticks, microseconds); only filters read it.</param>
public readonly record struct FaceRecord(FaceId Id, float Magnitude, int Camera = 0, long CaptureTime = 0)
{
    /// <summary>The total order of confidence.</summary>
    public FaceRank Rank => new(Magnitude, Id);
}
