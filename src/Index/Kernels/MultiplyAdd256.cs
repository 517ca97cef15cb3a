using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FaceCluster.Index.Kernels;

/// <summary>AVX-VNNI: one instruction (vpdpbusd), no intermediate rounding or saturation.</summary>
internal readonly struct VnniStep : IMultiplyAdd256
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static int QueryLimit => 127;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<byte> rows, Vector256<sbyte> query) =>
        AvxVnni.MultiplyWideningAndAdd(sum, rows, query);
}

/// <summary>
/// AVX2: vpmaddubsw adds two products in 16 bits with saturation, so queries are coded to 63: 2 * 255 * 63 = 32,130
/// stays below 32,767.
/// </summary>
internal readonly struct Avx2Step : IMultiplyAdd256
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int QueryLimit => 63;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<byte> rows, Vector256<sbyte> query) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(rows, query), Vector256<short>.One);
}
