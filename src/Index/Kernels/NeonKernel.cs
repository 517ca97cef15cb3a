using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace FaceCluster.Index.Kernels;

/// <summary>
/// Arm kernel (dot-product extension): a group of a tile is four registers, and one load brings the same four
/// dimensions of four queries, which the instruction selects by lane. 16 sums, 4 rows and 1 query of 32 registers.
/// </summary>
/// <remarks>
/// The instruction multiplies signed by signed bytes, so a row's code is taken back to signed by flipping its top bit;
/// the sums then lack 128 times the sum of the query's codes, which is added at the end to keep to the contract.
/// </remarks>
internal readonly unsafe struct NeonKernel : ITileKernel
{
    public static bool IsSupported => Dp.IsSupported;

    public static int QueryLimit => 127;

    public static int PanelWidth => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(byte* tile, sbyte* panel, int width, int groups, int* sums)
    {
        if (width == 4)
        {
            Four(tile, panel, groups, sums);
            return;
        }

        for (var query = 0; query < width; query++)
        {
            One(tile, panel + (query * 4), width * 4, groups, sums + (query * 16));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector128<int> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        var totals = Vector128<int>.Zero;
        for (var group = 0; group < groups; group++, tile += 64, panel += 16)
        {
            var queries = Vector128.Load(panel);
            totals = Dp.DotProduct(totals, queries, Vector128<sbyte>.One);
            var rows = Signed(tile);
            a0 = Dp.DotProductBySelectedQuadruplet(a0, rows, queries, 0);
            b0 = Dp.DotProductBySelectedQuadruplet(b0, rows, queries, 1);
            c0 = Dp.DotProductBySelectedQuadruplet(c0, rows, queries, 2);
            d0 = Dp.DotProductBySelectedQuadruplet(d0, rows, queries, 3);
            rows = Signed(tile + 16);
            a1 = Dp.DotProductBySelectedQuadruplet(a1, rows, queries, 0);
            b1 = Dp.DotProductBySelectedQuadruplet(b1, rows, queries, 1);
            c1 = Dp.DotProductBySelectedQuadruplet(c1, rows, queries, 2);
            d1 = Dp.DotProductBySelectedQuadruplet(d1, rows, queries, 3);
            rows = Signed(tile + 32);
            a2 = Dp.DotProductBySelectedQuadruplet(a2, rows, queries, 0);
            b2 = Dp.DotProductBySelectedQuadruplet(b2, rows, queries, 1);
            c2 = Dp.DotProductBySelectedQuadruplet(c2, rows, queries, 2);
            d2 = Dp.DotProductBySelectedQuadruplet(d2, rows, queries, 3);
            rows = Signed(tile + 48);
            a3 = Dp.DotProductBySelectedQuadruplet(a3, rows, queries, 0);
            b3 = Dp.DotProductBySelectedQuadruplet(b3, rows, queries, 1);
            c3 = Dp.DotProductBySelectedQuadruplet(c3, rows, queries, 2);
            d3 = Dp.DotProductBySelectedQuadruplet(d3, rows, queries, 3);
        }

        totals *= 128;
        Store(sums, a0, a1, a2, a3, totals[0]);
        Store(sums + 16, b0, b1, b2, b3, totals[1]);
        Store(sums + 32, c0, c1, c2, c3, totals[2]);
        Store(sums + 48, d0, d1, d2, d3, totals[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(byte* tile, sbyte* query, int stride, int groups, int* sums)
    {
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, total = default;
        for (var group = 0; group < groups; group++, tile += 64, query += stride)
        {
            var codes = Vector128.Create(*(int*)query).AsSByte();
            total = Dp.DotProduct(total, codes, Vector128<sbyte>.One);
            a0 = Dp.DotProduct(a0, Signed(tile), codes);
            a1 = Dp.DotProduct(a1, Signed(tile + 16), codes);
            a2 = Dp.DotProduct(a2, Signed(tile + 32), codes);
            a3 = Dp.DotProduct(a3, Signed(tile + 48), codes);
        }

        Store(sums, a0, a1, a2, a3, total[0] * 128);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Signed(byte* rows) => (Vector128.Load(rows) ^ Vector128.Create((byte)128)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int* sums, Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d, int offset)
    {
        var add = Vector128.Create(offset);
        (a + add).Store(sums);
        (b + add).Store(sums + 4);
        (c + add).Store(sums + 8);
        (d + add).Store(sums + 12);
    }
}
