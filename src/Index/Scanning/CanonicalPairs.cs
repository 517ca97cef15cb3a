using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FaceCluster.Core;

namespace FaceCluster.Index.Scanning;

/// <summary>
/// Canonical similarity (<see cref="Similarity.Dot"/>, the same bits) of a few pairs at once. The fixed order of addition
/// makes one pair a chain of dependent additions; four chains side by side take little longer than one.
/// </summary>
internal static unsafe class CanonicalPairs
{
    /// <summary>Pairs worth giving at once.</summary>
    public const int Width = 4;

    /// <summary>Writes the similarity of first[i] and second[i] for each i below <paramref name="count"/>, at most four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot(float** first, float** second, int count, int dimension, double* similarities)
    {
        if (!Avx512F.IsSupported || count < Width)
        {
            for (var i = 0; i < count; i++)
            {
                similarities[i] = Similarity.Dot(
                    new ReadOnlySpan<float>(first[i], dimension), new ReadOnlySpan<float>(second[i], dimension));
            }

            return;
        }

        float* a0 = first[0], a1 = first[1], a2 = first[2], a3 = first[3];
        float* b0 = second[0], b1 = second[1], b2 = second[2], b3 = second[3];
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        for (var i = 0; i < dimension; i += Similarity.LaneCount)
        {
            // Products of two singles are exact in double, so fusing them with the addition rounds the same.
            s0 = Avx512F.FusedMultiplyAdd(Wide(a0 + i), Wide(b0 + i), s0);
            s1 = Avx512F.FusedMultiplyAdd(Wide(a1 + i), Wide(b1 + i), s1);
            s2 = Avx512F.FusedMultiplyAdd(Wide(a2 + i), Wide(b2 + i), s2);
            s3 = Avx512F.FusedMultiplyAdd(Wide(a3 + i), Wide(b3 + i), s3);
        }

        similarities[0] = Reduce(s0);
        similarities[1] = Reduce(s1);
        similarities[2] = Reduce(s2);
        similarities[3] = Reduce(s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Wide(float* values) => Avx512F.ConvertToVector512Double(Vector256.Load(values));

    // The order of Similarity: lanes l and l + 4, then ((0+4)+(2+6))+((1+5)+(3+7)).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Reduce(Vector512<double> lanes)
    {
        var s = lanes.GetLower() + lanes.GetUpper();
        return (s[0] + s[2]) + (s[1] + s[3]);
    }
}
