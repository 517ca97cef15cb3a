using FaceCluster.Core;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Faces;

/// <summary>One face that is asked about.</summary>
/// <param name="Embedding">Raw or unit embedding, little-endian singles; only its direction counts.</param>
/// <param name="Magnitude">Length of the raw embedding.</param>
/// <param name="DetectionScore">Detector's score, 1 where none ran.</param>
/// <param name="Box">Where in the picture, or null.</param>
/// <param name="Stored">The stored face that this is, or none.</param>
internal sealed record QueryFace(ReadOnlyMemory<byte> Embedding, float Magnitude, float DetectionScore, FaceBox? Box, FaceId Stored);

/// <summary>All faces that are asked about.</summary>
/// <param name="Faces">Those that can be compared.</param>
/// <param name="Refused">Those of a picture that cannot.</param>
internal sealed record Query(IReadOnlyList<QueryFace> Faces, IReadOnlyList<RefusedFace> Refused)
{
    /// <summary>A query about one face.</summary>
    public static Query Of(QueryFace face) => new([face], []);
}
