using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Grains.Identities;

/// <summary>
/// The template of a set of faces: the sum of their raw embeddings, so that each face weighs by its magnitude (the
/// aggregation of the MagFace evaluation without its per-media mean). Only its direction is compared.
/// </summary>
internal static class Template
{
    /// <summary>
    /// Sums in double over faces in order of rank, so the bytes do not depend on the order of enrolment.
    /// </summary>
    /// <returns>Dimension little-endian singles; empty without faces.</returns>
    public static byte[] Sum(IEnumerable<(FaceRank Rank, float[] Unit)> faces, int dimension)
    {
        var sum = new double[dimension];
        var any = false;
        foreach (var (rank, unit) in faces.OrderByDescending(static face => face.Rank))
        {
            any = true;
            for (var i = 0; i < dimension; i++)
            {
                sum[i] += (double)unit[i] * rank.Magnitude;
            }
        }

        return any ? MemoryMarshal.AsBytes(Array.ConvertAll(sum, static value => (float)value).AsSpan()).ToArray() : [];
    }
}
